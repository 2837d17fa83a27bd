import type { AttentionProblem } from "@attgrad/attention-problem";
import {
	bytesPerNumber,
	type Kernels,
	type KernelTask,
	Matrix,
	maxAbs,
	type RowSource,
	type Runtime,
	scale,
	withKernels,
} from "@attgrad/matrix-core";
import { type NumberType, numberTypes } from "../../error-bound/index.ts";
import { ColumnRange } from "../../rows/column-range.ts";
import { kernelConstants } from "../kernels/kernel-constants.ts";
import { putNumbers } from "../kernels/kernel-operands.ts";
import { polynomialKernels } from "../kernels/polynomial-kernels.ts";
import {
	type CentredKeys,
	type CentredQueries,
	type KeyRanges,
	type ProfileSums,
	type QueryRanges,
	reportPass,
} from "./profile-sums.ts";
import { productSizes } from "./row-numbers.ts";

/** The operation that joins an entry of the results of two slots; it also sets the entry's first value. */
type Join = "min" | "max" | "sum";

const starts: Record<Join, number> = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, sum: 0 };

/** Kernels of the four passes, and those for rows of four columns of single precision. */
const singlePasses = {
	keyRanges: "keyRangesSingle",
	queryRanges: "queryRangesSingle",
	centredQueries: "centredQueriesSingle",
	centredKeys: "centredKeysSingle",
} as const;

type SinglePass = (typeof singlePasses)[PassName];
type PassName = keyof typeof singlePasses;
type PassTask<Name extends PassName = PassName> = KernelTask<typeof polynomialKernels, Name>;
type RowArgument = "keys" | "inputs" | "targets";
type SharedArgument = "rows" | "d" | "out";

/** A pass of `kernels/profile/profile.ts`, or of `kernels/profile/single-profile.ts`, over two matrices row by row, or one. */
interface Pass<Name extends PassName = PassName> {
	readonly kernel: Name;
	readonly rows: { readonly [Argument in keyof PassTask<Name> & RowArgument]: RowSource };
	/** Vectors and matrices of doubles, which are put into the kernels' memory. */
	readonly operands: {
		readonly [Argument in Exclude<keyof PassTask<Name>, RowArgument | SharedArgument>]: Float64Array;
	};
	/** The results of the kernel, in order: how each entry is joined, and how many there are. */
	readonly results: readonly (readonly [Join, number])[];
}

/** Slots that a chunk of rows is divided among, each with results of its own, and rows of a slot. */
const SLOTS = 16;
const SLOT_ROWS = 4096;

/** Bytes of scratch: the exponential's table and the most wide panels that a kernel of `kernels/profile/profile.ts` takes. */
const scratchBytes = (d: number): number => 256 + kernelConstants.WIDE_BYTES * (8 * d + 4 + d * d);

/** Sizes of norms, of numbers and of their products, that single precision takes without overflow, or underflow that would show. */
const MODERATE = { least: 1e-20, leastNorm: 1e-9, most: 1e9 };

const isModerateNorm = (norm: number): boolean => norm >= MODERATE.leastNorm && norm <= MODERATE.most;

/** Whether numbers of at most `sizes` a column have products with a matrix that are zero or moderate. */
const areModerate = (sizes: Float64Array, M: Matrix): boolean =>
	maxAbs(M) <= MODERATE.most &&
	sizes.every((size) => size <= MODERATE.most) &&
	productSizes(sizes, M).every((x) => x === 0 || (x >= MODERATE.least && x <= MODERATE.most));

/**
 * The four passes on kernels and threads, with their progress; the same for every number of threads. They are in double precision, but for rows of four
 * columns of single precision, which are not widened unless their numbers are too large or too small for squares and products.
 */
export function kernelSums(problem: AttentionProblem<RowSource>, runtime: Runtime): ProfileSums {
	const passes = new KernelPasses(problem, runtime);
	return {
		keyRanges: () => keyRanges(problem, passes),
		queryRanges: () => queryRanges(problem, passes),
		centredQueries: (centre, valueMiddle) => centredQueries(problem, passes, centre, valueMiddle),
		centredKeys: (middle, queryCentre, valueCentre) =>
			centredKeys(problem, passes, { middle, tilt: queryCentre, valueCentre }),
	};
}

/** The sums of a pass and whether its numbers were moderate enough for single precision. */
interface ReadSums<Sums> {
	readonly trusted: boolean;
	readonly sums: Sums;
}

/** Runs passes, in single precision until one cannot be trusted. */
class KernelPasses {
	readonly #problem: AttentionProblem<RowSource>;
	readonly #runtime: Runtime;
	#single: boolean;

	constructor(problem: AttentionProblem<RowSource>, runtime: Runtime) {
		this.#problem = problem;
		this.#runtime = runtime;
		this.#single = problem.d === 4 && problem.A1.dtype === "f32";
	}

	/** Runs a pass and returns its sums; where they cannot be trusted, this pass and all after it go in double precision. */
	async run<Name extends PassName, Sums>(
		pass: Pass<Name>,
		read: (results: Six, type: NumberType) => ReadSums<Sums>,
	): Promise<Sums> {
		if (this.#single) {
			const results = await this.#once(pass);
			const { trusted, sums } = read(results as Six, numberTypes.f32);
			if (trusted && results.every((part) => part.every(Number.isFinite))) return sums;
			this.#single = false;
		}
		return read((await this.#once(pass)) as Six, numberTypes.f64).sums;
	}

	#once<Name extends PassName>(pass: Pass<Name>): Promise<Float64Array[]> {
		return withKernels(this.#runtime, polynomialKernels, (kernels) =>
			runPass(this.#problem, pass, this.#single, kernels),
		);
	}
}

const wide = (M: Matrix) => M.as("f64").data as Float64Array;

const scaledX = ({ X, scale: factor }: AttentionProblem<RowSource>): Matrix => scale(X.as("f64"), factor);

const rangeOf = (columns: number) =>
	[
		["min", columns],
		["max", columns],
	] as const;

function keyRanges({ d, A2, A3, Y }: AttentionProblem<RowSource>, passes: KernelPasses): Promise<KeyRanges> {
	const results = [...rangeOf(d), ...rangeOf(d), ["max", d], ["max", 1]] as const;
	const rows = { keys: A2, inputs: A3 };
	const pass: Pass<"keyRanges"> = { kernel: "keyRanges", rows, operands: { Y: wide(Y) }, results };
	return passes.run(pass, ([min, max, low, high, inputSizes, square], type) => {
		const norm = Math.sqrt(square[0]);
		const trusted = isModerateNorm(norm) && areModerate(inputSizes, Y);
		const [range, values] = [new ColumnRange(min, max), new ColumnRange(low, high)];
		return { trusted, sums: { type, range, values, inputSizes, norm } };
	});
}

function queryRanges(problem: AttentionProblem<RowSource>, passes: KernelPasses): Promise<QueryRanges> {
	const { d, A1 } = problem;
	const X = scaledX(problem);
	const results = [...rangeOf(d), ["max", d], ["max", 1]] as const;
	const operands = { X: wide(X) };
	const pass: Pass<"queryRanges"> = { kernel: "queryRanges", rows: { inputs: A1 }, operands, results };
	return passes.run(pass, ([min, max, inputSizes, square], type) => {
		const norm = Math.sqrt(square[0]);
		const trusted = isModerateNorm(norm) && areModerate(inputSizes, X);
		return { trusted, sums: { type, range: new ColumnRange(min, max), inputSizes, norm } };
	});
}

function centredQueries(
	problem: AttentionProblem<RowSource>,
	passes: KernelPasses,
	centre: Float64Array,
	valueMiddle: Float64Array,
): Promise<CentredQueries> {
	const { d, A1, E } = problem;
	const operands = { X: wide(scaledX(problem)), centre, middle: valueMiddle };
	const results = [
		["max", 1],
		["sum", d],
		["sum", d * d],
	] as const;
	const rows = { inputs: A1, targets: E };
	const pass: Pass<"centredQueries"> = { kernel: "centredQueries", rows, operands, results };
	return passes.run(pass, ([square, inputSums, targetSums], type) => {
		const sums = { type, norm: Math.sqrt(square[0]), inputSums, targetSums: new Matrix(d, d, targetSums) };
		return { trusted: true, sums };
	});
}

function centredKeys(
	{ d, A2, A3, Y }: AttentionProblem<RowSource>,
	passes: KernelPasses,
	centres: { middle: Float64Array; tilt: Float64Array; valueCentre: Float64Array },
): Promise<CentredKeys> {
	const results = [
		["max", 1],
		["sum", 1],
		["sum", d],
		["sum", d],
	] as const;
	const rows = { keys: A2, inputs: A3 };
	const operands = { Y: wide(Y), ...centres };
	const pass: Pass<"centredKeys"> = { kernel: "centredKeys", rows, operands, results };
	return passes.run(pass, ([square, total, sums, valueSums], type) => {
		const mean = centres.middle.map((x, b) => x + sums[b] / total[0]);
		const valueMean = valueSums.map((sum) => sum / total[0]);
		return { trusted: true, sums: { type, norm: Math.sqrt(square[0]), mean, valueMean } };
	});
}

type Six = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array];

async function runPass<Name extends PassName>(
	{ n, d, A1 }: AttentionProblem<RowSource>,
	{ kernel, rows, operands, results }: Pass<Name>,
	single: boolean,
	kernels: Kernels<typeof polynomialKernels>,
): Promise<Float64Array[]> {
	const { dtype } = A1;
	const size = bytesPerNumber(dtype);
	const values = mapValues(operands, (operand) => putNumbers(kernels, "f64", operand));
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
	const read = mapValues(rows, (source) => kernels.rowReader(source, dtype, chunkRows));
	for (let from = 0; from < n; from += chunkRows) {
		const count = Math.min(chunkRows, n - from);
		const blocks = mapValues(read, (rowsAt) => rowsAt(from, from + count));
		const tasks: PassTask[] = [];
		for (let first = 0; first < count; first += SLOT_ROWS)
			// `Pass` has every argument of its kernel, which the union of the four cannot show.
			tasks.push({
				...{ rows: Math.min(SLOT_ROWS, count - first), d, ...values },
				...mapValues(blocks, (address) => address + first * d * size),
				out: out + (first / SLOT_ROWS) * length * 8,
			} as Partial<PassTask> as PassTask);
		if (single) await kernels.run<SinglePass>(singlePasses[kernel], tasks, { scratch: scratchBytes(d) });
		else await kernels.run<PassName>(kernel, tasks, { dtype, scratch: scratchBytes(d) });
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

/** The object with every value mapped. */
function mapValues<Key extends string, Value, Result>(
	record: { readonly [Name in Key]: Value },
	map: (value: Value) => Result,
): Record<Key, Result> {
	const mapped = {} as Record<Key, Result>;
	for (const key in record) mapped[key] = map(record[key]);
	return mapped;
}

/** joined[i] = the join of joined[i] and all[from + i]. */
function joinInto(joined: Float64Array, join: Join, all: Float64Array, from: number): void {
	for (let i = 0; i < joined.length; i++) {
		const [a, b] = [joined[i], all[from + i]];
		joined[i] = join === "sum" ? a + b : join === "min" ? Math.min(a, b) : Math.max(a, b);
	}
}
