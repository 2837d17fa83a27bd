import type { BackwardProblem } from "@attgrad/attention-problem";
import type { RowSource } from "@attgrad/matrix-core";
import { putNumbers } from "../../polynomial/kernels/kernel-operands.ts";
import { type Chunks, cutChunks, isWhole } from "../chunks.ts";
import {
	centreOf,
	factorOfKeys,
	type GivenRows,
	largestLength,
	MOST_TILT,
	type Part,
	type PartRows,
	queryCentre,
	type Room,
	readKeys,
	readQueries,
	readUpstream,
	readValues,
	roomOfPart,
} from "../part.ts";
import type { PreparedPart } from "./kernel-part.ts";
import type { OperatorKernels } from "./kernel-tables.ts";
import { segmentsOf } from "./segments.ts";

/** Rows that one task makes ready. */
const PIECE = 1024;

/** Rows of a part as they are given, in the kernels' memory, and the room of what is made of its keys. */
interface GivenPart extends GivenRows {
	readonly given: PartRows;
	readonly chunks: Chunks;
	/** Room for the output, which holds the given values before. */
	readonly outputRoom: Float64Array;
	readonly keyCentre: Float64Array;
	readonly made: Readonly<Record<"values" | "omega" | "squares" | "norms" | "lengths" | "largest", Float64Array>>;
}

/** Centres of a part's values and of its queries times `scale`. */
interface Centres {
	readonly value: Float64Array;
	readonly query: Float64Array;
}

/** The same on kernels as `makePart`, for parts together. Rows are read while kernels work on others. @param chunkOf rows of a part's chunks */
export async function prepareParts(
	kernels: OperatorKernels,
	problem: BackwardProblem<RowSource>,
	batch: readonly PartRows[],
	chunkOf: (rows: PartRows) => number,
	room: Room,
): Promise<PreparedPart[]> {
	const { d, d_v, scale } = problem;
	const parts = batch.map((rows) => givenPart(problem, rows, chunkOf(rows), room));
	let centres: Centres[] = [];
	const keySizes = await largestDistances(kernels, parts.map(ofKeys), d, () => {
		centres = parts.map(({ given, v }) => {
			readValues(given, v);
			return { value: centreOf(v, d_v), query: queryCentre(problem, given, scale) };
		});
	});
	const keyScales = keySizes.map((size) => factorOfKeys(size * Math.sqrt(d) * (1 + 1e-12)));
	const nus = centres.map(({ query }, i) => query.map((x) => x / keyScales[i]));
	const values = centres.map(({ value }) => value);
	const tilts = await prepareKeys(kernels, parts, { nus, keyScales, values }, problem, () => {
		for (const part of parts) {
			readQueries(part.given, part.q);
			readUpstream(part.given, part.upstream);
		}
	});
	for (const [i, tilt] of tilts.entries()) if (!(tilt <= MOST_TILT)) levelWeights(nus[i], parts[i]);
	const shifts = nus.map((nu, i) => putNumbers(kernels, "f64", [...nu, ...nu, scale / keyScales[i]]));
	const querySizes = await largestOfEach(
		parts.map(({ q }, i) => rowPieces(q, d).map((piece) => ({ ...piece, d, shift: shifts[i] }))),
		(tasks) => kernels.run("shiftRows", tasks, {}),
	);
	const none = new Float64Array(d_v);
	const upstreams = parts.map(({ upstream }) => ({ rows: upstream, centre: none }));
	const upstreamSizes = await largestDistances(kernels, upstreams, d_v);
	return parts.map((own, i): PreparedPart => {
		const { given, chunks, made, q, upstream, k, keyCentre, outputRoom } = own;
		const largest = largestOfKeys(made.largest, d, d_v);
		let v: Float64Array | undefined;
		const part: Part = {
			continued: given.continued,
			...{ group: given.heads.length, d, d_v, queries: chunks.queries, keys: chunks.keys, intervals: given.intervals },
			...{ queryAt: own.queryAt, keyAt: own.keyAt, q, upstream, k, nu: nus[i], keyCentre, valueCentre: values[i] },
			...{ keyNorm: made.lengths, omega: made.omega, keyScale: keyScales[i], scale },
			// Only rows that no polynomial serves need them alone.
			get v() {
				v ??= withoutLast(made.values, d_v);
				return v;
			},
			largest: { q: querySizes[i], upstream: upstreamSizes[i], ...largest },
		};
		const rows = { v: made.values.byteOffset, squares: made.squares.byteOffset, norms: addressOf(made.norms) };
		return { part, chunks, rows, largest: made.largest, outputRoom };
	});
}

/** Rows of `width` numbers from rows that have one more. */
function withoutLast(rows: Float64Array, width: number): Float64Array {
	const all = new Float64Array((rows.length / (width + 1)) * width);
	for (let to = 0, at = 0; to < all.length; at++) for (let i = 0; i < width; i++) all[to++] = rows[at++];
	return all;
}

/** The address of numbers, 0 where there are none. */
const addressOf = (numbers: Float64Array): number => (numbers.length > 0 ? numbers.byteOffset : 0);

/** A part whose keys are read. */
function givenPart(problem: BackwardProblem<RowSource>, given: PartRows, chunk: number, room: Room): GivenPart {
	const { d, d_v } = problem;
	const [rows, keys] = [given.heads.length * (given.queries.to - given.queries.from), given.keys.to - given.keys.from];
	const outputRoom = room(Math.max(rows, keys) * d_v);
	const own = { ...roomOfPart(problem, given, room, outputRoom.subarray(0, keys * d_v)), outputRoom };
	readKeys(given, own.k);
	const chunks = cutChunks(given.intervals, keys, chunk);
	const made = {
		...{ values: room(keys * (d_v + 1)), omega: room(keys), squares: room(2 * keys) },
		norms: room(isWhole(given.intervals, keys) ? 0 : 2 * keys),
		...{ lengths: room(keys), largest: room(chunks.keyChunks * largestLength(problem)) },
	};
	return { ...own, given, chunks, keyCentre: centreOf(own.k, d), made };
}

/** Rows in the memory, and a point. */
interface CentredRows {
	readonly rows: Float64Array;
	readonly centre: Float64Array;
}

const ofKeys = ({ k, keyCentre }: GivenPart): CentredRows => ({ rows: k, centre: keyCentre });

/** The largest distance of an entry from the centre, for the rows of each part; `meanwhile` is done beside it. */
function largestDistances(
	kernels: OperatorKernels,
	parts: readonly CentredRows[],
	width: number,
	meanwhile?: () => void,
): Promise<number[]> {
	const tasks = parts.map(({ rows, centre }) => {
		const twice = putNumbers(kernels, "f64", [...centre, ...centre]);
		return rowPieces(rows, width).map((piece) => ({ ...piece, width, centre: twice }));
	});
	return largestOfEach(tasks, (all) => kernels.run("largestDistance", all, meanwhile ? { meanwhile } : {}));
}

/** ν, factor of the keys and centre of the values of each part. */
interface KeyNumbers {
	readonly nus: readonly Float64Array[];
	readonly keyScales: readonly number[];
	readonly values: readonly Float64Array[];
}

/** Makes the keys of all parts ready; gives the largest |<ν, k>| of each. `meanwhile` is done beside it. */
function prepareKeys(
	kernels: OperatorKernels,
	parts: readonly GivenPart[],
	{ nus, keyScales, values }: KeyNumbers,
	{ d, d_v }: BackwardProblem<RowSource>,
	meanwhile: () => void,
): Promise<number[]> {
	const roots = [d, d_v].map((width) => Math.sqrt(width) * (1 + 1e-12));
	const addresses = parts.map(({ chunks, keyCentre, k, v, made }, i) =>
		kernels.allocateStruct("KeyRows", {
			...{ d, dv: d_v, keys: chunks.keys, size: chunks.size, k: k.byteOffset, v: v.byteOffset },
			centres: putNumbers(kernels, "f64", [...keyCentre, ...values[i], ...roots]),
			tilt: putNumbers(kernels, "f64", [...nus[i], keyScales[i]]),
			...{ values: made.values.byteOffset, omega: made.omega.byteOffset, squares: made.squares.byteOffset },
			...{ norms: addressOf(made.norms), lengths: made.lengths.byteOffset, largest: made.largest.byteOffset },
		}),
	);
	const scratch = 256 + 64 * (2 * (d + d_v) + 10);
	return largestOfEach(
		parts.map(({ chunks: { keyChunks, size } }, i) =>
			segmentsOf(keyChunks, Math.ceil(PIECE / size)).map((piece) => ({ rows: addresses[i], ...piece })),
		),
		(tasks) => kernels.run("prepareKeys", tasks, { scratch, meanwhile }),
	);
}

/** Leaves queries where they are: all weights are 1. */
function levelWeights(nu: Float64Array, { made: { omega, largest }, chunks: { keyChunks } }: GivenPart): void {
	nu.fill(0);
	omega.fill(1);
	const length = largest.length / keyChunks;
	for (let at = length - 1; at < largest.length; at += length) largest[at] = 1;
}

/** Runs the tasks of each part, all together; gives the largest result of each. */
async function largestOfEach<Task>(
	tasks: readonly (readonly Task[])[],
	run: (tasks: Task[]) => Promise<Float64Array>,
): Promise<number[]> {
	const results = await run(tasks.flat());
	let at = 0;
	return tasks.map(({ length }) => {
		const own = results.subarray(at, at + length);
		at += length;
		return own.reduce((most, x) => Math.max(most, x), 0);
	});
}

/** Pieces of a matrix in the memory: addresses and counts of rows. */
function rowPieces(rows: Float64Array, width: number): { readonly rows: number; readonly count: number }[] {
	return segmentsOf(rows.length / width, PIECE).map(({ from, to }) => ({
		rows: rows.byteOffset + 8 * width * from,
		count: to - from,
	}));
}

/** The largest ‖k‖ and |v_i| of all chunks. */
function largestOfKeys(largest: Float64Array, d: number, d_v: number): { readonly key: number; readonly v: number } {
	let [key, v] = [0, 0];
	for (let at = 0; at < largest.length; at += largestLength({ d, d_v })) {
		for (let i = 0; i < d_v; i++) v = Math.max(v, largest[at + d + i]);
		key = Math.max(key, largest[at + d + d_v]);
	}
	return { key, v };
}
