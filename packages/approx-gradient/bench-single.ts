import { type BackwardProblem, createBackwardProblem, generateProblem } from "@attgrad/attention-problem";
import { createRuntime, Matrix, maxAbs, multiply, seededRandom, unitRoundoff } from "@attgrad/matrix-core";
import { positiveNumbers, scriptArguments, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { gradientNames } from "./src/backward/attempt-rows.ts";
import { cutChunks } from "./src/backward/chunks.ts";
import { makePart, ownRoom, partRows } from "./src/backward/part.ts";
import { sumRoundings } from "./src/backward/row-bounds.ts";
import { backwardPolynomial } from "./src/index.ts";
import { kernelConstants } from "./src/polynomial/kernels/kernel-constants.ts";
import { keptTotalDegreeTree } from "./src/polynomial/monomials/total-degree.ts";

const values = scriptArguments({
	call: "node packages/approx-gradient/bench-single.ts",
	summary: `Relative errors that the polynomial backward pass proves in double precision, and those that it would prove if its sums were in
		single precision; a line of JSON for each problem.

		\`single\` has as many roundings as kernels in single precision like those of dL/dX have, \`least\` those of powers, weights and tables
		alone, as if all sums were exact. The rounding in a bound is proportional to their number. Each is that of the gradient and degree given.`,
	options: {
		n: wholeNumbers("tokens", { default: [1024, 4096, 16_384] }),
		d: wholeNumbers("width of a head", { default: [4] }),
		B: positiveNumbers("bound on the scores", { default: [0.25, 0.5, 1] }),
		degrees: wholeNumbers("degrees, of which the best counts", { most: 40, default: [3, 5, 7] }),
	},
});
/** Rows of a chunk without a mask and with one, and of a panel of single precision in the narrowest build. */
const [UNMASKED, MASKED, PANEL_ROWS] = [256, 64, 8];
const unit = unitRoundoff("f32");

/** The largest relative error of the three gradients, with its name. */
interface Proved {
	readonly relative: number;
	readonly gradient: string;
	readonly degree: number;
}

const runtime = await createRuntime({ threads: 1 });
for (const mask of ["none", "causal"] as const)
	for (const d of values.d)
		for (const B of values.B)
			for (const n of values.n) {
				const { A1, A2, A3, X, Y } = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
				const random = seededRandom(2);
				const dO = Matrix.build(n, d, () => random.uniform(-1, 1));
				const [Q, K, V, cotangent] = [multiply(A1, X), A2, multiply(A3, Y), dO].map((M) => M.as("f32").as("f64"));
				const problem = createBackwardProblem({ Q, K, V, dO: cotangent }, { visibility: { mask } });
				const all = await Promise.all(values.degrees.map((degree) => provedAt(problem, degree)));
				const best = (name: keyof (typeof all)[number]): string => {
					const { relative, gradient, degree } = all
						.map((own) => own[name])
						.reduce((least, own) => (own.relative < least.relative ? own : least));
					return `${relative.toExponential(1)} (${gradient}, degree ${degree})`;
				};
				console.log(
					JSON.stringify({ mask, d, B, n, double: best("double"), single: best("single"), least: best("least") }),
				);
			}
await runtime.close();

async function provedAt(
	problem: BackwardProblem,
	degree: number,
): Promise<Readonly<Record<"double" | "single" | "least", Proved>>> {
	const run = await backwardPolynomial.run(problem, backwardPolynomial.options.parse({ degree }), runtime);
	if (run.certificate?.floatFloor === undefined) throw new Error("polynomial: no rounding in the certificate");
	const { bounds, floatFloor } = run.certificate;
	const size = problem.visibility.mask === "none" ? UNMASKED : MASKED;
	const [rows] = partRows(problem);
	const part = makePart(problem, rows, ownRoom);
	const tree = keptTotalDegreeTree(problem.d, degree);
	const { sums, keySums } = sumRoundings(part, cutChunks(part.intervals, part.keys, size), tree);
	// Powers of keys and of queries (each a rounded factor and a product a degree), values, ω, their product, the table.
	const least = unit * (4 * degree + 6);
	const { RUN_NODES } = kernelConstants;
	const single = least + unit * (size / PANEL_ROWS + RUN_NODES + Math.ceil(tree.raisedSize / RUN_NODES));
	const proved = (rounding: number | undefined): Proved => {
		const all = gradientNames.map((gradient): Proved => {
			const times =
				rounding === undefined ? 1 : gradient === "dQ" ? rounding / sums : (2 * rounding) / (sums + keySums);
			const bound = bounds[gradient] + (times - 1) * floatFloor[gradient];
			return { relative: unit + bound / maxAbs(run[gradient]), gradient, degree };
		});
		return all.reduce((most, own) => (own.relative > most.relative ? own : most));
	};
	return { double: proved(undefined), single: proved(single), least: proved(least) };
}
