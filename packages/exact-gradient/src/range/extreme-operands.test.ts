import { createBackwardProblem, everyKey, type Visibility } from "@attgrad/attention-problem";
import { Matrix, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { backwardTruth, backwardWays, rounded } from "../testing/backward-ways.ts";
import { extremePower, isNormal, relativeError } from "../testing/relative-errors.ts";

const [n, d] = [9, 3];

const masks: readonly Visibility[] = [everyKey, { mask: "causal" }, { mask: "causal", window: 3 }];

/** Powers of 10 of Q, K, V, dO and scale at which scores stay as they are. */
const operandSizes = [
	[1, -1, 0, 0, 0],
	[-1, 1, 0, 0, 0],
	[0, 0, -1, 0, 0],
	[0, 0, 0, -1, 0],
	[0.8, -0.8, -0.6, -0.4, 0],
	[-1, 1, -0.7, 0.6, 0],
	[1, 0, 0, 0, -1],
	[-0.5, -0.5, -0.6, 0.6, 1],
] as const;

for (const visibility of masks)
	test.each(backwardWays)(
		`backward passes at 1e±200 keep their digits, ${JSON.stringify(visibility)}: $name`,
		async (way) => {
			const unit = extremePower[way.dtype];
			const matrix = (name: string, power: number) => {
				const random = seededRandom(5, name);
				return Matrix.build(n, d, () => random.uniform(-1, 1) * 10 ** (power * unit));
			};
			for (const [q, k, v, o, s] of operandSizes) {
				const operands = { Q: matrix("Q", q), K: matrix("K", k), V: matrix("V", v), dO: matrix("dO", o) };
				const problem = createBackwardProblem(operands, { scale: 10 ** (s * unit) / d, visibility });
				const made = await way.run(problem);
				const truth = backwardTruth(rounded(problem, way.dtype));
				for (const name of ["dQ", "dK", "dV", "output"] as const)
					if (isNormal(truth[name], way.dtype))
						expect(relativeError(truth[name], made[name]), `${name} at ${[q, k, v, o, s]}`).toBeLessThan(
							32 * n * way.roundoff,
						);
			}
		},
	);

test.each(backwardWays)(
	"columns of zeros and of ordinary size beside extreme ones keep the digits of the others: $name",
	async (way) => {
		const far = 10 ** (0.9 * extremePower[way.dtype]);
		const matrix = (name: string, column: (b: number) => number) => {
			const random = seededRandom(6, name);
			return Matrix.build(n, d, (_, b) => random.uniform(0.8, 1.2) * column(b));
		};
		const first = (zero: number, other: number) => (b: number) => (b === 0 ? zero : other);
		for (const [q, k, v] of [
			[first(0, 1), first(far, 1), () => 1],
			[first(far, 1), first(0, 1), () => 1],
			[() => 1, () => 1, first(1, 1 / far)],
			[() => 1, () => 1, first(1, far)],
		] as const) {
			const operands = { Q: matrix("Q", q), K: matrix("K", k), V: matrix("V", v), dO: matrix("dO", (b) => 1 / v(b)) };
			const problem = createBackwardProblem(operands, { scale: 1 / d });
			const made = await way.run(problem);
			const truth = backwardTruth(rounded(problem, way.dtype));
			for (const name of ["dQ", "dK"] as const)
				if (isNormal(truth[name], way.dtype))
					expect(relativeError(truth[name], made[name])).toBeLessThan(1e3 * n * way.roundoff);
		}
	},
);
