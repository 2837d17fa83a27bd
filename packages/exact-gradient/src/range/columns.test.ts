import { asDtype, createBackwardProblem, createOperands, everyKey, type Visibility } from "@attgrad/attention-problem";
import { operatorTruth, truthOf } from "@attgrad/attention-problem/reference";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	type Dtype,
	Matrix,
	maxAbs,
	seededRandom,
	unitRoundoff,
} from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { operatorForward } from "../backward/forward.ts";
import { problemGradients } from "../backward/problem-gradients.ts";
import { backwardTruth, backwardWays, rounded } from "../testing/backward-ways.ts";
import { instance } from "../testing/instances.ts";
import { columnErrors } from "../testing/relative-errors.ts";
import { ways } from "../testing/ways.ts";

const [n, d] = [9, 3];

const masks: readonly Visibility[] = [everyKey, { mask: "causal", window: 4 }];

/** Sizes of the second column of V and of dO, then of the others (default: ordinary), as exponents of 2 in parts of 120 in single precision and of 960 in double. */
const columnSizes: readonly (readonly [v: number, o: number, others?: readonly [v: number, o: number]])[] = [
	[-0.6, 0, [0.6, 0]],
	[0, -0.6, [0, 0.6]],
	[-0.4, -0.3, [0.4, 0.2]],
	[-1, 0],
	[0, -1],
	[-1, -0.3],
	[-0.5, -0.4],
	[-1, 1],
	[0.9, 0],
	[0.5, 0.4],
	[1, -1],
];

const unit = { f64: 960, f32: 120 } as const;

for (const visibility of masks)
	test.each(backwardWays)(
		`columns of V and dO that are far from others keep their digits, ${JSON.stringify(visibility)}: $name`,
		async (way) => {
			const matrix = (name: string, exponent: number, others = 0) => {
				const random = seededRandom(8, name);
				const size = (i: number) => 2 ** Math.round((i === 1 ? exponent : others) * unit[way.dtype]);
				return Matrix.build(n, d, (_, i) => random.uniform(-1, 1) * size(i));
			};
			for (const [v, o, [otherV, otherO] = [0, 0]] of columnSizes) {
				const given = { Q: matrix("Q", 0), K: matrix("K", 0), V: matrix("V", v, otherV), dO: matrix("dO", o, otherO) };
				const problem = createBackwardProblem(given, { visibility });
				const made = await way.run(problem);
				const truth = backwardTruth(rounded(problem, way.dtype));
				for (const name of ["dQ", "dK", "dV", "output"] as const)
					for (const error of columnErrors(truth[name], made[name]))
						expect(error, `${name} at ${[v, o, otherV, otherO]}`).toBeLessThan(64 * n * way.roundoff);
			}
		},
	);

test.each(backwardWays)(
	"columns of Q and K whose products are far below others keep their digits: $name",
	async (way) => {
		const matrix = (name: string, exponent: number) => {
			const random = seededRandom(8, name);
			return Matrix.build(n, d, (_, i) => random.uniform(-1, 1) * (i === 1 ? 2 ** (exponent * unit[way.dtype]) : 1));
		};
		for (const [q, k] of [
			[-0.9, -0.9],
			[0, -1],
			[-1, 0],
		]) {
			const given = { Q: matrix("Q", q), K: matrix("K", k), V: matrix("V", 0), dO: matrix("dO", 0) };
			const problem = createBackwardProblem(given);
			const made = await way.run(problem);
			const truth = backwardTruth(rounded(problem, way.dtype));
			for (const name of ["dQ", "dK"] as const)
				for (const error of columnErrors(truth[name], made[name]))
					expect(error, `${name} at ${[q, k]}`).toBeLessThan(64 * n * way.roundoff);
		}
	},
);

test.each(await availableKernels())(
	"outputs of columns that are far from others keep their digits: %s",
	async (kernel) => {
		const runtime = await createRuntime({ kernel });
		for (const dtype of ["f64", "f32"] as const) {
			const random = seededRandom(10, dtype);
			const matrix = (column: (b: number) => number) =>
				Matrix.build(n, d, (_, b) => random.uniform(-1, 1) * column(b)).as(dtype);
			const V = matrix((b) => [1, 2 ** -unit[dtype], 2 ** unit[dtype]][b]);
			const operands = createOperands({ Q: matrix(() => 1), K: matrix(() => 1), V });
			const { output } = await operatorForward(operands, runtime);
			const truth = operatorTruth(operands, Matrix.zeros(n, d)).output;
			for (const error of columnErrors(truth, output)) expect(error).toBeLessThan(1e3 * unitRoundoff(dtype));
		}
		await runtime.close();
	},
);

/** The matrix with its second column times 2^exponent, and the others times 2^others. */
const times = (matrix: Matrix, exponent: number, others = 0): Matrix =>
	Matrix.build(matrix.rows, matrix.cols, (i, b) => matrix.at(i, b) * 2 ** (b === 1 ? exponent : others));

test.each(ways)("columns of values and targets that are far below others keep their digits: $name", async (way) => {
	const sizes = {
		f64: [[-240], [-500], [-700], [-200, 400], [-600, 50]],
		f32: [[-40], [-100], [-120], [-85, 50], [-70, 20]],
	};
	for (const [exponent, others] of sizes[way.dtype]) {
		const given = instance({ n, d });
		const problem = { ...given, Y: times(given.Y, exponent, others), E: times(given.E, exponent, others) };
		const { gradient, gradientY } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype));
		const tolerance = 32 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth.gradient, gradient)) expect(error).toBeLessThan(tolerance);
		if (gradientY)
			for (const error of columnErrors(truth.gradientY, gradientY))
				expect(error, `${exponent} ${others}`).toBeLessThan(tolerance);
	}
});

/** Sizes of targets and values in their second column, of both in the others, and of the second column of A3, as exponents of 2. */
const farTargets: Readonly<
	Record<Dtype, readonly (readonly [e: number, v: number, E: number, V: number, A3: number])[]>
> = {
	f64: [
		[600, -700, 300, -700, 0],
		[600, -502, 0, 0, 231],
		[597, -629, 0, -629, 232],
		[715, -720, 0, 0, 0],
	],
	f32: [
		[60, -70, 20, -70, 0],
		[60, -50, 0, 0, 23],
	],
};

test.each(ways)("targets far above values, in columns that are far apart, cost no digits: $name", async (way) => {
	for (const [e, v, others, otherV, a3] of farTargets[way.dtype]) {
		const given = instance({ n, d });
		const E = times(given.E, e, others);
		const A3 = times(given.A3, a3);
		const Y = Matrix.build(d, d, (a, i) => times(given.Y, v, otherV).at(a, i) * 2 ** (a === 1 ? -a3 : 0));
		const problem = { ...given, A3, Y, E };
		const { gradient } = await way.run(problem);
		const truth = truthOf(asDtype(problem, way.dtype)).gradient;
		const tolerance = 32 * n * Math.max(way.roundoff, way.sumRoundoff);
		for (const error of columnErrors(truth, gradient)) expect(error, `${[e, v, a3]}`).toBeLessThan(tolerance);
	}
});

test.each(await availableKernels())(
	"gradients in A2 and E of columns far below others keep their digits: %s",
	async (kernel) => {
		const runtime = await createRuntime({ kernel });
		const given = asDtype(instance({ n, d }), "f32");
		const problem = asDtype(
			{ ...given, X: times(given.X, -120), Y: times(given.Y, -110), E: times(given.E, -110) },
			"f32",
		);
		const { gradients } = await problemGradients(problem, ["A2", "E"], runtime);
		const wide = await problemGradients(asDtype(problem, "f64"), ["A2", "E"], await createRuntime({ kernel: "js" }));
		for (const name of ["A2", "E"] as const) {
			const [made, wanted] = [gradients[name], wide.gradients[name]];
			if (!made || !wanted) expect.unreachable(`there is a gradient in ${name}`);
			for (let b = 0; b < d; b++) {
				const column = (matrix: Matrix) => Matrix.build(n, 1, (j) => matrix.at(j, b));
				const size = maxAbs(column(wanted));
				expect(size).toBeGreaterThan(0);
				for (let j = 0; j < n; j++)
					expect(Math.abs(made.at(j, b) - wanted.at(j, b)) / size, `${name} ${b}`).toBeLessThan(
						64 * n * unitRoundoff("f32"),
					);
			}
		}
		await runtime.close();
	},
);

test.each(ways)("values of columns that no number type holds together are refused: $name", async (way) => {
	if (way.dtype === "f32") return;
	const given = instance({ n, d });
	const problem = { ...given, Y: times(given.Y, -900), E: times(given.E, -900) };
	const failure = await way.run(problem).catch((error: unknown) => error);
	expect(failure).toBeInstanceOf(ComputationError);
	expect(failure).toMatchObject({
		message: expect.stringMatching(
			/^columns of values A3 Y and targets E are 2\^[0-9]+ times as large as others: their products leave the range of f64$/,
		),
	});
});

test.each(backwardWays)(
	"upstream gradients and values that no number type holds together are refused: $name",
	async (way) => {
		if (way.dtype === "f32") return;
		const ones = Matrix.build(n, d, (j, b) => (j + b) / n);
		const problem = createBackwardProblem({ Q: ones, K: ones, V: times(ones, -990), dO: times(ones, -900) });
		const failure = await way.run(problem).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(ComputationError);
		expect(failure).toMatchObject({
			message: expect.stringMatching(
				/^products of columns of values and of upstream gradients are between about 2\^-1[0-9]+ and 2\^-?[0-9]+, which leaves the range of f64$/,
			),
		});
	},
);
