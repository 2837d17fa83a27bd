import { findAlgorithm } from "@attgrad/algorithms";
import { locate } from "@attgrad/approx-gradient";
import { type AttentionProblem, defineAlgorithm, type GradientResult } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import {
	type CellContext,
	defineExperiment,
	describeError,
	describeResult,
	type GridBlock,
	gradientError,
	type LineFigure,
	locationFigures,
	type Measurement,
	measureGradient,
	type Row,
} from "@attgrad/harness";
import { createRuntime, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { headOf, headProblem } from "./head-problem.ts";

/** Names the cells whose rows say where a head lies; as a gradient it is the exact one. */
const located = defineAlgorithm({
	name: "locate",
	summary: "where the head lies: the row holds it in extra",
	exact: true,
	version: 1,
	options: z.strictObject({}),
	supports: () => true,
	run: (problem, _, runtime) => streaming.run(problem, streaming.options.parse({}), runtime),
});

const algorithms = [
	"streaming",
	...[64, 128, 256, 512].map((rank) => `hybrid:rank=${rank}`),
	...[64, 256].map((rank) => `nystrom:rank=${rank}`),
];

interface Layer {
	readonly name: string;
	readonly heads: readonly number[];
	readonly n: number;
	readonly d: number;
}

const all = [0, 1, 2, 3, 4, 5, 6, 7];

/** Every head of the data at its own length, and the recogniser's at another: two are in the data, `npm run heads:export` makes all. */
const layers: readonly Layer[] = [
	{ name: "text-recogniser-block1", heads: all, n: 1500, d: 15 },
	{ name: "text-recogniser-block2", heads: all, n: 1500, d: 15 },
	{ name: "sentence-encoder-block1", heads: all.slice(0, 4), n: 128, d: 64 },
	{ name: "sentence-encoder-block2", heads: all.slice(0, 4), n: 128, d: 128 },
];
const exported: readonly Layer[] = layers.slice(0, 2).map((layer) => ({ ...layer, n: 8192 }));

const blocks = (of: readonly Layer[], algorithm: readonly string[]): GridBlock[] =>
	of.map(({ name, heads, n, d }) => ({
		algorithm,
		distribution: heads.map((head) => `${name} ${head}`),
		...{ n: [n], d: [d], B: [1] },
	}));

async function measure({ cell, algorithm, runtime }: CellContext): Promise<Measurement> {
	if (algorithm.name === located.name) {
		const [head] = await locate(await headOf(cell), { runtime });
		return { extra: { located: { ...head, index: Number(cell.distribution.split(" ")[1]) } } };
	}
	const problem = await headProblem(cell);
	const runs = [];
	for (let run = 0; run < 3; run++) runs.push(await measureGradient(algorithm, problem, cell.options, runtime));
	const milliseconds = runs.map((run) => run.milliseconds - (run.compileMilliseconds ?? 0)).sort((a, b) => a - b);
	const truth = await truthOf(problem, algorithm.name === streaming.name, runtime);
	return {
		...describeResult(runs[0].result),
		...describeError(gradientError(runs[0].result.gradient, truth.gradient)),
		time_ms: milliseconds[1],
		time_min_ms: milliseconds[0],
		samples: 3,
	};
}

/** More entries do not fit in memory a few times over. */
const DENSE = 2 ** 24;

/** The gradient by an exact algorithm, or by another one than `streaming`: for a long head by the same in plain TypeScript. */
async function truthOf(problem: AttentionProblem, another: boolean, runtime: Runtime): Promise<GradientResult> {
	if (!another) return streaming.run(problem, streaming.options.parse({}), runtime);
	if (problem.n ** 2 <= DENSE) {
		const { algorithm: dense } = findAlgorithm("dense");
		return dense.run(problem, dense.options.parse({}), runtime);
	}
	const plain = await createRuntime({ kernel: "js" });
	try {
		return await streaming.run(problem, streaming.options.parse({}), plain);
	} finally {
		await plain.close();
	}
}

const isGradient = ({ algorithm }: Row): boolean => algorithm !== "locate";

/** A head that `npm run heads:export` has not made here. */
const isAbsent = ({ n, status }: Row): boolean => status === "skipped" && exported.some((layer) => layer.n === n);

const relative = ({ error_rel, error_bound, error_max }: Row): number | undefined =>
	error_rel && error_bound && error_max ? (error_bound * error_rel) / error_max : undefined;

const family = ({ algorithm }: Row): string => algorithm.split(/[/:]/)[0];

/** Named heads that have a panel each in the figures of all methods. */
const shown = [
	"text-recogniser-block1 0",
	"text-recogniser-block1 5",
	"text-recogniser-block2 0",
	"text-recogniser-block2 3",
];

const errorVsTime: LineFigure = {
	name: "error-vs-time",
	only: (row) => isGradient(row) && shown.includes(row.distribution) && !isAbsent(row),
	title: () => "The gradient of trained heads: error and certificate against time",
	x: { title: "time of one gradient (ms)", scale: "log" },
	y: { title: "error and bound, of max |g|", scale: "log" },
	panels: {
		value: ({ distribution, n }) => `${n} ${distribution}`,
		heading: ([{ distribution, n }]) => `${distribution}, n = ${n}`,
	},
	series: [
		{
			name: family,
			kind: "measured",
			x: ({ time_ms }) => time_ms,
			y: ({ error_rel }) => error_rel,
			along: ({ rank }) => rank ?? 0,
			label: ({ rank }) => (rank === undefined ? undefined : String(rank)),
		},
		{
			name: (row) => (row.error_bound === undefined ? undefined : `${family(row)}, proved`),
			kind: "predicted",
			x: ({ time_ms }) => time_ms,
			y: relative,
			along: ({ rank }) => rank ?? 0,
		},
	],
	caveat:
		"dL/dX with A1 = Q, A2 = K, A3 = V and normal targets. Numbers beside points are ranks. The gradient sums over queries, so that errors of rows cancel and their bounds do not.",
};

const [phase, ranks] = locationFigures;

/** Where trained heads lie, and what certified approximations of them reach. */
export default defineExperiment({
	name: "heads",
	title: "Trained heads",
	question: "Which rank do the softmax matrices of trained heads need at least, and which do certified methods reach?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "All heads of two trained models have B above √ln n.",
			figure: "heads",
		},
	],
	algorithms: [located],
	grid: {
		quick: [
			...blocks(layers, ["locate"]),
			...blocks(
				[
					{ name: "text-recogniser-block1", heads: [0, 5], n: 1500, d: 15 },
					{ name: "text-recogniser-block2", heads: [0, 3], n: 1500, d: 15 },
					{ name: "text-recogniser-block1", heads: [0, 5], n: 8192, d: 15 },
				],
				algorithms,
			),
		],
		full: blocks([...layers, ...exported], ["locate", ...algorithms]),
	},
	effort: { quick: { budget: 100, timeLimit: 60_000 }, full: { budget: 100, timeLimit: 300_000 } },
	figures: [
		phase,
		{ ...ranks, only: (row) => row.algorithm === "locate" && shown.includes(row.distribution) && row.n === 1500 },
		errorVsTime,
	],
	measure,
});
