import { embeddedEstimate, polynomial } from "@attgrad/approx-gradient";
import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	type CellContext,
	cellProblem,
	defineExperiment,
	type GridBlock,
	gradientError,
	type Measurement,
	measureCell,
	referenceGradient,
	type Series,
} from "@attgrad/harness";
import type { Runtime } from "@attgrad/matrix-core";
import { describePessimism } from "./pessimism.ts";

const block = (B: number[], degrees: number, seed: number[]): GridBlock => ({
	algorithm: ["polynomial/moment"],
	n: [512],
	d: [4],
	B,
	degree: Array.from({ length: degrees }, (_, i) => i + 1),
	seed,
});

/** The usual measurement, whose bound is the a-posteriori one; beside it the estimate, the a-priori bound and the rounding floor. */
async function measure(context: CellContext): Promise<Measurement> {
	const { cell, algorithm, runtime } = context;
	const measurement = await measureCell(context);
	const problem = cellProblem(cell);
	const certificateOf = async (certificate: string) =>
		(await algorithm.run(problem, { ...cell.options, certificate }, runtime)).certificate;
	const bound = (await certificateOf("a-priori"))?.bound;
	const floor = (await certificateOf("a-posteriori"))?.floatFloor;
	const { degree = 0 } = measurement;
	const estimate = await embeddedEstimate(problem, { degree });
	return {
		...measurement,
		extra: {
			...finite("a_priori_bound", bound),
			...finite("floor", floor),
			...finite("embedded_estimate", estimate),
			...(await byRow(problem, degree, runtime)),
		},
	};
}

/** The same degree with a polynomial of its own for each row: what is proved, and the true error. */
async function byRow(problem: AttentionProblem, degree: number, runtime: Runtime): Promise<Record<string, number>> {
	const options = polynomial.options.parse({ basis: "gauss", degree });
	const { gradient, certificate } = await polynomial.run(problem, options, runtime);
	const exact = referenceGradient(problem);
	return {
		...finite("by_row_bound", certificate?.bound),
		...finite("by_row_error", gradientError(gradient, exact.gradient).max),
	};
}

/** An entry of `extra`, unless it is infinite: JSON has no infinity, and no bound is no entry. */
function finite(name: string, value: number | undefined): Record<string, number> {
	return value !== undefined && Number.isFinite(value) ? { [name]: value } : {};
}

const series = (name: string, kind: Series["kind"], y: Series["y"]): Series => ({
	name,
	kind,
	x: ({ degree }) => degree,
	y,
});

const fromExtra =
	(name: string): Series["y"] =>
	({ extra }) =>
		typeof extra?.[name] === "number" ? extra[name] : undefined;

export default defineExperiment({
	name: "degree",
	title: "Error of the gradient against the degree of the polynomial",
	question: "Does the certified error bound hold at every degree, and how much more than needed does it ask for?",
	module: import.meta.url,
	claims: [
		{
			statement: "Lemma D.1",
			says: "A low degree is enough: the error falls geometrically with the degree, and each certificate is above it.",
			figure: "error-vs-degree",
		},
	],
	grid: { quick: [block([0.5, 1, 2], 11, [1])], full: [block([0.5, 1, 1.5, 2], 18, [1, 2])] },
	effort: { quick: { budget: 20, timeLimit: 5_000 }, full: { budget: 100, timeLimit: 60_000 } },
	measure,
	figures: [
		{
			name: "error-vs-degree",
			title: ({ rows }) => describePessimism(rows),
			x: { title: "degree of the polynomial", scale: "linear" },
			y: { title: "error of the gradient, max |g̃ − g|", scale: "log" },
			series: [
				series("measured error", "measured", ({ error_max }) => error_max),
				series("estimated from the degree below", "predicted", fromExtra("embedded_estimate")),
				series("certified a posteriori", "predicted", ({ error_bound }) => error_bound),
				series("certified a priori", "predicted", fromExtra("a_priori_bound")),
				series("polynomials by row, error", "measured", fromExtra("by_row_error")),
				series("polynomials by row, certified", "predicted", fromExtra("by_row_bound")),
				series("rounding floor of the bound", "floor", fromExtra("floor")),
			],
			panels: {
				value: ({ B }) => B,
				heading: ([row]) => `B = ${row.B}: scores up to R = ${row.radius?.toFixed(2) ?? "unknown"}`,
			},
			caveat:
				"The estimate, max |g̃ − g̃ of one degree less|, is no proof. Bounds are for the worst case of signs; on these random data they " +
				"are paid with degrees. Below the floor no degree lowers a bound: double precision is spent.",
		},
	],
});
