import type { AttentionProblem } from "@attgrad/attention-problem";
import { type Kernels, Matrix, type RowSource, type Runtime, scale, withKernels } from "@attgrad/matrix-core";
import { ColumnRange } from "./column-range.ts";
import { polynomialKernels } from "./kernel-module.ts";
import { type ProfileSums, reportPass } from "./profile-sums.ts";

/** What becomes of an entry when the results of two shares are joined, and what it starts with. */
type Join = "min" | "max" | "sum";

const starts: Record<Join, number> = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0 };

/** A pass of `kernels/profile.ts` over two matrices row by row, or one. */
interface Pass {
	readonly kernel: "keyRanges" | "queryRanges" | "centredQueries" | "centredKeys";
	readonly rows: readonly RowSource[];
	/** Arguments after the rows: vectors and matrices of doubles, which are put into the kernels' memory. */
	readonly operands: readonly Float64Array[];
	/** What the kernel leaves, in order: how each entry is joined, and how many there are. */
	readonly results: readonly (readonly [Join, number])[];
}

/** Shares of a chunk, each with results of its own, and rows of a share. */
const SLOTS = 16;
const SLOT_ROWS = 4096;

/** Bytes of scratch: the exponential's table and the most wide panels that a kernel of `kernels/profile.ts` takes. */
const scratchBytes = (d: number): number => 256 + 64 * (8 * d + 4 + d * d);

/** The four passes on kernels and threads, with their progress; the same for every number of threads. */
export function kernelSums(problem: AttentionProblem<RowSource>, runtime: Runtime): ProfileSums {
	const { d, A1, A2, A3, E, X, Y } = problem;
	const run = (pass: Pass) => withKernels(runtime, polynomialKernels, (kernels) => runPass(problem, pass, kernels));
	const wide = (M: Matrix) => M.as("f64").data as Float64Array;
	const scaledX = wide(scale(X.as("f64"), problem.scale));
	const columns = [
		["min", d],
		["max", d],
	] as const;
	return {
		async keyRanges() {
			const results = [...columns, ...columns, ["max", d], ["max", 1]] as const;
			const got = await run({ kernel: "keyRanges", rows: [A2, A3], operands: [wide(Y)], results });
			const [min, max, low, high, inputSizes, square] = got as Six;
			return {
				range: new ColumnRange(min, max),
				values: new ColumnRange(low, high),
				inputSizes,
				norm: Math.sqrt(square[0]!),
			};
		},
		async queryRanges() {
			const results = [...columns, ["max", d], ["max", 1]] as const;
			const got = await run({ kernel: "queryRanges", rows: [A1], operands: [scaledX], results });
			const [min, max, inputSizes, square] = got as Six;
			return { range: new ColumnRange(min, max), inputSizes, norm: Math.sqrt(square[0]!) };
		},
		async centredQueries(centre, valueMiddle) {
			const operands = [scaledX, centre, valueMiddle];
			const results = [
				["max", 1],
				["sum", d],
				["sum", d * d],
			] as const;
			const got = await run({ kernel: "centredQueries", rows: [A1, E], operands, results });
			const [square, inputSums, targetSums] = got as Six;
			return { norm: Math.sqrt(square[0]!), inputSums, targetSums: new Matrix(d, d, targetSums) };
		},
		async centredKeys(middle, queryCentre, valueCentre) {
			const operands = [wide(Y), middle, queryCentre, valueCentre];
			const results = [
				["max", 1],
				["sum", 1],
				["sum", d],
				["sum", d],
			] as const;
			const got = await run({ kernel: "centredKeys", rows: [A2, A3], operands, results });
			const [square, total, sums, valueSums] = got as Six;
			return {
				norm: Math.sqrt(square[0]!),
				mean: middle.map((x, b) => x + sums[b]! / total[0]!),
				valueMean: valueSums.map((sum) => sum / total[0]!),
			};
		},
	};
}

type Six = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

async function runPass(
	{ n, d, A1 }: AttentionProblem<RowSource>,
	{ kernel, rows, operands, results }: Pass,
	kernels: Kernels,
): Promise<Float64Array[]> {
	const { dtype } = A1;
	const size = dtype === "f64" ? 8 : 4;
	const values = operands.map((operand) => {
		const address = kernels.allocate("f64", operand.length);
		kernels.view("f64", address, operand.length).set(operand);
		return address;
	});
	const length = results.reduce((sum, [, count]) => sum + count, 0);
	const chunkRows = Math.min(n, SLOTS * SLOT_ROWS);
	const slots = Math.ceil(chunkRows / SLOT_ROWS);
	const out = kernels.allocate("f64", slots * length);
	const all = kernels.view("f64", out, slots * length);
	let at = 0;
	for (const [join, count] of results) {
		for (let slot = 0; slot < slots; slot++) all.fill(starts[join], slot * length + at, slot * length + at + count);
		at += count;
	}
	const read = rows.map((source) => kernels.rowReader(source, dtype, chunkRows));
	for (let from = 0; from < n; from += chunkRows) {
		const count = Math.min(chunkRows, n - from);
		const blocks = read.map((rowsAt) => rowsAt(from, from + count));
		const tasks = [];
		for (let first = 0; first < count; first += SLOT_ROWS)
			tasks.push([
				...[Math.min(SLOT_ROWS, count - first), d],
				...blocks.map((address) => address + first * d * size),
				...[...values, out + (first / SLOT_ROWS) * length * 8],
			]);
		await kernels.run(`${kernel}${8 * size}`, tasks, { scratch: scratchBytes(d) });
		reportPass(kernel, from + count, n, kernels.onProgress);
	}
	at = 0;
	return results.map(([join, count]) => {
		const joined = all.slice(at, at + count);
		for (let slot = 1; slot < slots; slot++) joinInto(joined, join, all, slot * length + at);
		at += count;
		return joined;
	});
}

/** joined[i] = the join of joined[i] and all[from + i]. */
function joinInto(joined: Float64Array, join: Join, all: Float64Array, from: number): void {
	for (let i = 0; i < joined.length; i++) {
		const [a, b] = [joined[i]!, all[from + i]!];
		joined[i] = join === "sum" ? a + b : join === "min" ? Math.min(a, b) : Math.max(a, b);
	}
}
