import { polynomial } from "@attgrad/approx-gradient";
import {
	type CellContext,
	cellProblem,
	defineExperiment,
	type GridBlock,
	type Measurement,
	measureCell,
	type Row,
} from "@attgrad/harness";
import { createRuntime } from "@attgrad/matrix-core";
import { ablated, countColumns, isCounted, optionsWithout, type Variant, whole } from "./ablated.ts";
import { describeGains } from "./gains.ts";

const epsilon = 1e-6;

/** Names of the rows in the figure, in the figure's order. */
const names: ReadonlyMap<string, string> = new Map([
	["polynomial/moment:certificate=a-priori", "moment, Chebyshev"],
	["polynomial/reverse:certificate=a-priori", "reverse"],
	["polynomial/moment:certificate=a-priori,basis=taylor", "Taylor"],
	["polynomial/moment:certificate=a-priori,basis=minimax", "minimax"],
	["polynomial/moment:certificate=a-priori,monomials=anisotropic", "anisotropic monomials"],
	["ablated:variant=uncentred", "not centred"],
	["ablated:variant=relative", "without Jensen's variant"],
	["ablated:variant=typescript", "moment in TypeScript"],
	["polynomial/paper:certificate=a-priori", "paper's route, TypeScript"],
	["polynomial/moment:certificate=a-priori,rowDegrees=true", "degree by row, TypeScript"],
	["streaming", "exact (K = n)"],
	["ablated:variant=joint", "monomials of q and k jointly"],
	["ablated:variant=factors", "columns of U3, k2 = d"],
	["ablated:variant=printed-factors", "columns of U3 as printed"],
]);

const block = (sizes: Pick<GridBlock, "n" | "d" | "B">, distribution: string): GridBlock => ({
	...sizes,
	algorithm: [...names.keys()],
	distribution: [distribution],
	epsilon: [epsilon],
});

async function measure(context: CellContext): Promise<Measurement> {
	const { cell, algorithm, runtime } = context;
	if (algorithm.name !== ablated.name) {
		const measurement = await measureCell(context);
		return algorithm.exact ? { ...measurement, rank: cell.n } : measurement;
	}
	const variant = cell.options["variant"] as Variant;
	const problem = cellProblem(cell);
	if (isCounted(variant)) {
		const { degree = 0 } = await polynomial.run(problem, whole(epsilon), runtime);
		return { degree, rank: countColumns(variant, cell.d, degree) };
	}
	const options = await optionsWithout(variant, epsilon, problem, runtime);
	const own = variant === "typescript" ? await createRuntime({ kernel: "js" }) : runtime;
	try {
		return await measureCell({ ...context, cell: { ...cell, options }, algorithm: polynomial, runtime: own });
	} finally {
		if (own !== runtime) await own.close();
	}
}

const nameOf = ({ algorithm }: Row) => names.get(algorithm);

/** The gain of each choice of the polynomial method at one target error (paper.md section 11, figure 7). */
export default defineExperiment({
	name: "ablation",
	title: "What each choice is worth",
	question:
		"What do rank and time become, at the same certified error, when one choice of the polynomial method is another?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "Centring, Chebyshev coefficients and moments are each worth a factor at the same certified error.",
			figure: "ablation",
		},
	],
	algorithms: [ablated],
	grid: {
		quick: [block({ n: [2048], d: [4], B: [2] }, "biased")],
		full: [
			block({ n: [4096], d: [4], B: [1.5] }, "uniform"),
			block({ n: [4096], d: [4], B: [2] }, "biased"),
			block({ n: [4096], d: [6], B: [1] }, "low-rank"),
		],
	},
	effort: { quick: { budget: 200, timeLimit: 5_000 }, full: { budget: 500, timeLimit: 60_000 } },
	measure,
	figures: [
		{
			form: "dots",
			name: "ablation",
			title: ({ rows }) => describeGains(rows),
			category: nameOf,
			group: ({ distribution, d, B }) => `${distribution} entries, d = ${d}, B = ${B}`,
			quantities: [
				{ axis: { title: "rank K", scale: "log" }, value: ({ rank }) => rank },
				{ axis: { title: "time of one gradient (ms)", scale: "log" }, value: ({ time_ms }) => time_ms },
			],
			caveat:
				"Every line is certified to the same ε, a priori. The vertical lines are what the first has. The last three lines are counts: nothing " +
				"of that size is run. The paper's route and degrees by row have no kernel: compare them with moment in TypeScript.",
		},
	],
});
