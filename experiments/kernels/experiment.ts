import {
	type DotFigure,
	defineExperiment,
	describeRegime,
	type GridBlock,
	type Preset,
	type Row,
} from "@attgrad/harness";
import { builds } from "@attgrad/matrix-core";
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

/** Rate of a build over that of 128-bit multiply-adds in registers, measured in the same process, in turn. */
function share(row: Row, kernel: string): number | undefined {
	const { peak, gflops } = (row.extra ?? {}) as { peak?: number; gflops?: Record<string, number> };
	const rate = gflops?.[kernel];
	return peak === undefined || rate === undefined ? undefined : rate / peak;
}

const figure: DotFigure = {
	form: "dots",
	name: "share-of-peak",
	title({ rows }) {
		const best = Math.max(...rows.map((row) => share(row, "fma256") ?? share(row, "fma") ?? share(row, "simd") ?? 0));
		return `The kernels reach up to ${best.toFixed(1)} times what a core can do with 128-bit multiply-adds`;
	},
	// A row holds the rates of all builds, at sizes of its part.
	regime: (rows) => describeRegime(rows, ["n", "d", "B", "kernel"]),
	category: (row) => row.distribution,
	group: (row) => row.dtype ?? "f64",
	quantities: ["js", ...Object.keys(builds)].map((kernel) => ({
		axis: { title: `${kernel}: rate / 128-bit peak`, scale: "log" },
		value: (row: Row) => share(row, kernel),
	})),
	sharesRange: true,
	caveat:
		"Lines in colour: what the first has. Flops are those of the formulas; exponentials of the exact gradient, loads and packing count nothing. " +
		"The 128-bit peak is of multiply-adds in registers in the same process, in turn; builds with 256 bits may pass 1.",
};

/** How fast is each kernel in each build, against what the core can do? */
export default defineExperiment({
	name: "kernels",
	title: "Rate of the kernels against the peak of the core",
	question: "How close do the WebAssembly kernels come to the arithmetic that a core can do?",
	module: import.meta.url,
	grid: { quick: blocks("quick"), full: blocks("full") },
	effort: { quick: { budget: 60, timeLimit: 30_000 }, full: { budget: 1_500, timeLimit: 120_000 } },
	figures: [figure],
	measure: measurePart,
});
