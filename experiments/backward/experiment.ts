import {
	defineExperiment,
	describeExponent,
	type FigureFacts,
	fitPowerLaw,
	type GridBlock,
	type LineFigure,
	type Row,
} from "@attgrad/harness";
import { seededRandom } from "@attgrad/matrix-core";
import { algorithms, measure } from "./measure.ts";

const powersOfTwo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => 2 ** (from + i));

const both = (...names: string[]) => names.flatMap((name) => [`backward-${name}`, `backward-${name}/causal`]);

interface Sizes {
	readonly exact: readonly number[];
	readonly polynomial: readonly number[];
	readonly others: readonly number[];
}

/** The accuracy that polynomials, and the choice of `auto`, prove of each gradient, as a part of its largest entry. */
const RELATIVE = 1e-3;

const blocks = ({ exact, polynomial, others }: Sizes): GridBlock[] => [
	{ algorithm: both("streaming"), n: exact, d: [4], B: [1] },
	{ algorithm: both("polynomial", "auto"), n: polynomial, d: [4], B: [1], relative: [RELATIVE] },
	{ algorithm: both("numpy", "torch", "onnxruntime"), n: others, d: [4], B: [1] },
];

const words: Readonly<Record<string, string>> = {
	streaming: "exact",
	polynomial: "polynomial",
	auto: "auto",
	numpy: "NumPy in blocks",
	torch: "PyTorch autograd",
	onnxruntime: "ONNX Runtime",
};

const isCausal = ({ algorithm }: Row): boolean => algorithm.endsWith("/causal");

/** `exact` of `backward-streaming/causal`. */
const nameOf = ({ algorithm }: Row): string => {
	const name = /^backward-(\w+)/.exec(algorithm)?.[1] ?? algorithm;
	return words[name] ?? name;
};

const panels: LineFigure["panels"] = {
	value: (row) => (isCausal(row) ? "1 causal" : "0 none"),
	heading: ([row]) => (row && isCausal(row) ? "causal mask" : "no mask"),
};

const x: LineFigure["x"] = { title: "sequence length n (tokens)", scale: "powers-of-two" };

/** The exponents of exact and polynomial without a mask. */
function timeTitle({ rows }: FigureFacts): string {
	const laws = ["exact", "polynomial"].flatMap((name) => {
		const points = rows.flatMap((row) =>
			nameOf(row) === name && !isCausal(row) && row.time_ms !== undefined ? [{ n: row.n, value: row.time_ms }] : [],
		);
		const law = fitPowerLaw(points, seededRandom(1, "figure"));
		return law ? [`${name} ${describeExponent(law)}`] : [];
	});
	return laws.length > 0
		? `dQ, dK and dV together, exponent of n: ${laws.join(", ")}`
		: "Time of dQ, dK and dV together";
}

function errorTitle({ rows }: FigureFacts): string {
	const known = rows.filter(({ error_rel, bound_rel }) => error_rel !== undefined && bound_rel !== undefined);
	const ratios = known.flatMap(({ error_rel = 0, bound_rel = 0 }) => (error_rel > 0 ? [bound_rel / error_rel] : []));
	if (ratios.length === 0) return "What is proved of dQ, dK and dV, and what they are off by";
	const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((x) =>
		Number(x.toPrecision(2)).toLocaleString("en"),
	);
	return `What is proved of dQ, dK and dV is ${least} to ${most} times what they are off by`;
}

const isPolynomial = ({ algorithm }: Row): boolean => algorithm.startsWith("backward-polynomial");

const figures: readonly LineFigure[] = [
	{
		name: "time-vs-n",
		title: timeTitle,
		x,
		y: { title: "time of all three gradients (ms)", scale: "log" },
		panels,
		series: [
			{
				kind: "measured",
				name: nameOf,
				x: ({ n }) => n,
				y: ({ time_ms }) => time_ms,
				spread: ({ time_mad_ms }) => time_mad_ms,
			},
		],
		guides: [
			{ exponent: 1, label: "~ n" },
			{ exponent: 2, label: "~ n²" },
		],
		fitted: true,
		caveat: `Polynomials prove each gradient to ${RELATIVE} of its largest entry at every n. One head, upstream gradient drawn as the inputs are. Thin lines grow as n and n².`,
	},
	{
		name: "error-vs-n",
		only: isPolynomial,
		title: errorTitle,
		x,
		y: { title: "error / largest entry, worst of the three", scale: "log" },
		panels,
		series: [
			{
				kind: "measured",
				name: () => "true error",
				x: ({ n }) => n,
				y: ({ error_rel = 0 }) => (error_rel > 0 ? error_rel : undefined),
			},
			{
				kind: "predicted",
				name: () => "proved",
				x: ({ n }) => n,
				y: ({ bound_rel }) => bound_rel,
			},
		],
		rules: [{ axis: "y", at: () => RELATIVE, label: "asked for" }],
		caveat: "The true error is told where the exact pass is cheap.",
	},
];

/** How long do all gradients of a layer take, exactly and with proof, and how far are they off? */
export default defineExperiment({
	name: "backward",
	title: "Time and error of the backward pass of attention",
	question:
		"How does the time of dQ, dK and dV grow with n, with and without a causal mask, and what is proved of their errors?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "All three gradients of a layer are computed in about linear time with proved errors, with a causal mask too.",
			figure: "time-vs-n",
		},
	],
	algorithms,
	grid: {
		quick: blocks({ exact: powersOfTwo(9, 13), polynomial: powersOfTwo(9, 14), others: powersOfTwo(9, 11) }),
		full: blocks({ exact: powersOfTwo(9, 15), polynomial: powersOfTwo(9, 18), others: powersOfTwo(9, 13) }),
	},
	effort: { quick: { budget: 200, timeLimit: 4_000 }, full: { budget: 700, timeLimit: 60_000 } },
	figures,
	measure,
});
