import {
	type DotFigure,
	defineExperiment,
	describeRegime,
	type GridBlock,
	type Preset,
	type Row,
} from "@attgrad/harness";
import { type KernelName, kernelNames } from "@attgrad/matrix-core";
import { measurePart } from "./measure.ts";
import { parts } from "./parts.ts";

/** A part a point: its name stands where other experiments have the distribution of their rows. */
const blocks = (preset: Preset): GridBlock[] =>
	Object.entries(parts).map(([name, { sizes }]) => ({
		algorithm: ["streaming"],
		distribution: [name],
		n: [sizes[preset].n],
		d: [sizes[preset].d],
		B: [1],
		dtype: ["f64", "f32"],
	}));

const buildNames: Readonly<Record<KernelName, string>> = {
	js: "plain TypeScript",
	simd: "128 bits",
	fma: "128 bits, multiply-add",
	fma256: "256 bits, multiply-add",
};

/** A row for each build of a row that holds the rates of all. */
function buildsOf(row: Row): Row[] {
	return kernelNames.map((kernel) => ({ ...row, kernel }));
}

/** Rate of a row's build over that of 128-bit multiply-adds in registers, measured in the same process, in turn. */
function share({ extra, kernel }: Row): number | undefined {
	const { peak, gflops } = (extra ?? {}) as { peak?: number; gflops?: Record<string, number> };
	const rate = gflops?.[kernel];
	return peak === undefined || rate === undefined ? undefined : rate / peak;
}

const figure: DotFigure = {
	form: "dots",
	name: "share-of-peak",
	title({ rows }) {
		const best = Math.max(...rows.flatMap((row) => share(row) ?? []));
		return `The kernels reach up to ${best.toFixed(1)} times what a core can do with 128-bit multiply-adds`;
	},
	unfold: buildsOf,
	// A row holds the rates of all builds, at sizes of its part.
	regime: (rows) => describeRegime(rows, ["n", "d", "B", "dtype", "kernel"]),
	category: (row) => row.distribution,
	group: ({ kernel }) => buildNames[kernel as KernelName],
	quantities: (["f64", "f32"] as const).map((dtype) => ({
		axis: { title: `${dtype === "f64" ? "float64" : "float32"}: rate / 128-bit peak`, scale: "log" },
		value: (row: Row) => (row.dtype === dtype ? share(row) : undefined),
	})),
	sharesRange: true,
	rule: 1,
	caveat:
		"Flops are those of the formulas; exponentials of the exact gradient, loads and packing count nothing. The line is the peak of 128-bit " +
		"multiply-adds in registers in the same process, in turn; builds with 256 bits may pass it. Features are the monomials of a row; the " +
		"passes over keys and queries are those of the polynomial method.",
};

/** How fast is each kernel in each build, against what the core can do? */
export default defineExperiment({
	name: "kernels",
	title: "Rate of the kernels against the peak of the core",
	question: "How close do the WebAssembly kernels come to the arithmetic that a core can do?",
	module: import.meta.url,
	claims: [
		{
			statement: "ours",
			says: "The WebAssembly kernels come close to the arithmetic that a core can do.",
			figure: "share-of-peak",
		},
	],
	grid: { quick: blocks("quick"), full: blocks("full") },
	effort: { quick: { budget: 60, timeLimit: 30_000 }, full: { budget: 1_500, timeLimit: 120_000 } },
	figures: [figure],
	measure: measurePart,
});
