import type { KeyIntervals } from "@attgrad/attention-problem";
import { exponentialTerms } from "../../polynomial/gauss/exponential-terms.ts";
import { nodesOf } from "../../polynomial/gauss/row-polynomial.ts";
import { solutionConstants, squareErrorOf } from "../../polynomial/gauss/row-polynomials.ts";
import { putIndices, putNumbers } from "../../polynomial/kernels/kernel-operands.ts";
import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";
import { type Chunks, chunksOver, isWhole, queriesOf, type SeenBy } from "../chunks.ts";
import { largest as larger, SlidingFold } from "../core/sliding-fold.ts";
import { largestLength, normAt, type Part, type Room } from "../part.ts";
import { clearQueries, type PartResults, resultsIn } from "../part-results.ts";
import { LIMITS, SLACK, sumRoundings } from "../row-bounds.ts";
import type { KernelTables, OperatorKernels } from "./kernel-tables.ts";
import { beginKeys, clearKeys, matricesIn } from "./matrix-room.ts";

/** A part whose rows are ready in the kernels' memory. */
export interface PreparedPart {
	readonly part: Part;
	readonly chunks: Chunks;
	/** Addresses of values and 1, of ‖v‖² and ‖k‖², and of ‖k‖ and ‖v‖ of each key. */
	readonly rows: Readonly<Record<"v" | "squares" | "norms", number>>;
	/** Room for outputs, or for dV. */
	readonly outputRoom: Float64Array;
	/** Results of `readLargest` for each key chunk. */
	readonly largest: Float64Array;
}

/** A part in the kernels' memory. */
export interface KernelPart {
	readonly part: Part;
	readonly chunks: Chunks;
	/** Address of its `OperatorPart`. */
	readonly address: number;
	/** Query chunks that have each key chunk in their core. */
	readonly over: CoreRanges;
	/** Queries that see each key. */
	readonly seen: SeenBy;
	/** Whether cores begin with the first key chunk throughout, and whether they are those of all queries from some chunk on. */
	readonly fromFirst: boolean;
	readonly toLast: boolean;
	/** Doubles of sums over keys and over queries. */
	readonly keyState: number;
	readonly queryState: number;
	/** Where the kernels write. */
	readonly results: PartResults;
	/** Whether dK and dV take the room of dQ and of the output, which are handed out before. */
	readonly sharesRoom: boolean;
	/** The parts of rows that no polynomial serves in dK and dV, where there are such rows and the room of both is taken. */
	exactKeys?: Pick<PartResults, "dK" | "dV">;
	/** The largest |dK| and |dV| of each key chunk. */
	readonly keySizes: Float64Array;
	/** Begins dK and dV where they share room: to be called between the results of queries, which go, and the last pass over keys. */
	readonly beginKeys: () => void;
	/** Writes what the sweep over queries finds in the memory, and sums over keys do not read. Cost O(n). */
	readonly fill: () => void;
}

/** For each chunk of the one side a range of chunks of the other. */
export interface CoreRanges {
	readonly from: Int32Array;
	readonly to: Int32Array;
}

const u = 2 ** -53;

/** Bytes of features of a block: they are to stay in the second cache level. */
const BLOCK_BYTES = 768 * 1024;

/** Values that all parts of a run share. */
export interface PartOptions {
	readonly tree: FeatureTree;
	readonly tables: KernelTables;
	readonly panelRows: number;
	readonly outputOnly: boolean;
	/** Room in the kernels' memory. */
	readonly room: Room;
}

/** Makes room for the rest of a part, whose matrices are in the memory; `fill` of the result writes it. */
export function putPart(
	kernels: OperatorKernels,
	{ part, chunks, rows: keyRows, largest: ofChunks, outputRoom }: PreparedPart,
	{ tree, tables, panelRows, outputOnly, room }: PartOptions,
): KernelPart {
	const { d, d_v, group, queries, keys, intervals } = part;
	const rows = group * queries;
	const { degree } = tree;
	const over = rangesOver(chunks);
	const keyStates = windowStates({ from: chunks.first, to: chunks.last });
	const queryStates = windowStates(turned(over, chunks.queryChunks));
	const sharesRoom = queryStates === 0;
	const seen = queriesOf(part);
	const numbers = (values: ArrayLike<number>): number => putNumbers(kernels, "f64", values);
	const results = resultsIn(part, room, matricesIn(part, outputRoom, sharesRoom, room));
	const cotangents = room(rows * (d_v + 1));
	const masks = isWhole(intervals, keys) ? undefined : maskRoom(part, room);
	const keySizes = room(2 * chunks.keyChunks);
	const largest = room(chunks.queryChunks * largestLength(part));
	const fill = (): void => {
		largest.set(largestOfCores(part, chunks, ofChunks));
		if (!sharesRoom) clearKeys(results);
		if (masks) fillMasks(masks, intervals, seen);
		// Kernels pass over query chunks without a core.
		if (chunks.first.every((first, c) => first < chunks.last[c])) return;
		clearQueries(results);
		cotangents.fill(0);
	};
	const address = kernels.allocateStruct("OperatorPart", {
		...tables,
		...constantsOf(kernels, part, chunks, tree),
		...{ d, dv: d_v, degree, roots: nodesOf(degree), group, queries, keys, size: chunks.size },
		blockPanels: blockPanels(chunks.size / panelRows, tree.raisedSize * panelRows * 8),
		edge: mostEdge(part, chunks, over, seen, panelRows),
		...{ keyStates, queryStates, outputOnly: outputOnly ? 1 : 0 },
		...{ q: part.q.byteOffset, dO: part.upstream.byteOffset, k: part.k.byteOffset, omega: part.omega.byteOffset },
		...keyRows,
		nu: numbers([...part.nu, part.keyScale]),
		...addressesOf(masks),
		...{ first: putIndices(kernels, chunks.first), last: putIndices(kernels, chunks.last) },
		...{ from: putIndices(kernels, over.from), to: putIndices(kernels, over.to) },
		largest: largest.byteOffset,
		cotangents: cotangents.byteOffset,
		coefficients: room(group * Math.ceil(queries / panelRows) * panelRows * (degree + 1)).byteOffset,
		...{ dQ: results.dQ.byteOffset, output: results.output.byteOffset, lse: results.lse.byteOffset },
		...{ errors: results.errors.query.byteOffset, dK: results.dK.byteOffset, dV: results.dV.byteOffset },
		keySizes: keySizes.byteOffset,
	});
	const made: KernelPart = {
		...{ part, chunks, address, over, seen, results, sharesRoom, keySizes, fill },
		beginKeys: () => {
			if (sharesRoom) beginKeys(results, made.exactKeys);
		},
		...{ fromFirst: keyStates === 0, toLast: queryStates === 0 },
		keyState: (d_v + 3) * tree.raisedSize,
		queryState: 2 * (d_v + 1) * tree.raisedSize,
	};
	return made;
}

/** Keys that each query sees and queries that see each key, as doubles. */
type Masks = Readonly<Record<"lo" | "hi" | "firstQuery" | "lastQuery", Float64Array>>;

const maskRoom = ({ queries, keys }: Part, room: Room): Masks => ({
	...{ lo: room(queries), hi: room(queries), firstQuery: room(keys), lastQuery: room(keys) },
});

function fillMasks({ lo, hi, firstQuery, lastQuery }: Masks, intervals: KeyIntervals, seen: SeenBy): void {
	lo.set(intervals.lo);
	hi.set(intervals.hi);
	firstQuery.set(seen.from);
	lastQuery.set(seen.to);
}

const addressesOf = (masks: Masks | undefined): Record<keyof Masks, number> => ({
	...{ lo: masks?.lo.byteOffset ?? 0, hi: masks?.hi.byteOffset ?? 0 },
	...{ firstQuery: masks?.firstQuery.byteOffset ?? 0, lastQuery: masks?.lastQuery.byteOffset ?? 0 },
});

/** Ranges of chunks, from the last to the first: what a window over them moves through. */
function turned({ from, to }: CoreRanges, chunks: number): CoreRanges {
	const mirror = (c: number): number => chunks - c;
	return { from: to.toReversed().map(mirror), to: from.toReversed().map(mirror) };
}

/** Panels of a block whose features have at most `BLOCK_BYTES`: a power of two, and no more than a chunk has. */
function blockPanels(most: number, bytes: number): number {
	return Math.max(1, Math.min(most, 2 ** Math.floor(Math.log2(BLOCK_BYTES / bytes))));
}

function rangesOver(chunks: Chunks): CoreRanges {
	const ranges = Array.from({ length: chunks.keyChunks }, (_, e) => chunksOver(chunks, e));
	return {
		from: Int32Array.from(ranges, ({ from }) => from),
		to: Int32Array.from(ranges, ({ to }) => to),
	};
}

/** States that a window over these ranges keeps at the most; 0 where all that are not empty begin with 0. */
function windowStates({ from, to }: CoreRanges): number {
	let [most, begin, moves] = [0, 0, false];
	for (let c = 0; c < from.length; c++) {
		if (from[c] >= to[c]) continue;
		// The last chunk comes in before the first one goes.
		most = Math.max(most, to[c] - begin, to[c] - from[c]);
		begin = from[c];
		moves ||= from[c] > 0;
	}
	return moves ? most + 1 : 0;
}

/** Rows of the other side that a panel of queries or of keys has outside its core at the most. */
function mostEdge(
	{ queries, keys, intervals: { lo, hi } }: Part,
	{ size, first, last }: Chunks,
	over: CoreRanges,
	seen: CoreRanges,
	panelRows: number,
): number {
	if (isWhole({ lo, hi }, keys)) return 1;
	let most = 1;
	for (let at = 0; at < queries; at += panelRows) {
		const c = Math.floor(at / size);
		const end = hi[Math.min(queries, at + panelRows) - 1];
		if (first[c] < last[c])
			most = Math.max(most, Math.max(0, first[c] * size - lo[at]) + Math.max(0, end - Math.min(keys, last[c] * size)));
	}
	for (let at = 0; at < keys; at += panelRows) {
		const e = Math.floor(at / size);
		const end = seen.to[Math.min(keys, at + panelRows) - 1];
		const [from, to] = over.from[e] < over.to[e] ? [over.from[e] * size, over.to[e] * size] : [end, end];
		most = Math.max(most, from - seen.from[at], end - to);
	}
	return most;
}

/** Results of `readLargest` for the core of each query chunk, from those of key chunks. */
function largestOfCores(part: Part, { first, last, queryChunks }: Chunks, ofChunks: Float64Array): Float64Array {
	const length = largestLength(part);
	const all = new Float64Array(queryChunks * length);
	const fold = new SlidingFold(length, larger, true);
	for (let c = 0; c < queryChunks; c++) {
		if (first[c] >= last[c]) continue;
		fold.move(first[c], last[c], (chunk, into) => into.set(ofChunks.subarray(chunk * length, (chunk + 1) * length)));
		all.set(fold.value, c * length);
	}
	return all;
}

/** The constants of a part's bounds and polynomials: what `kernels/operator/bounds.ts` and `kernels/gauss/row-polynomials.ts` read, in their order. */
function constantsOf(
	kernels: OperatorKernels,
	part: Part,
	chunks: Chunks,
	tree: FeatureTree,
): { terms: number; solution: number; bounds: number } {
	const { d, nu } = part;
	const { degree } = tree;
	const { sums, keySums } = sumRoundings(part, chunks, tree);
	const radius = 1.01 * Math.min(LIMITS.radius, part.largest.q * Math.sqrt(d) * part.largest.key + 1e-9);
	const exponential = exponentialTerms(radius, 2 * nodesOf(degree));
	const bounds = [
		...[sums, keySums, SLACK * 2 * u * (d + 8), SLACK * 12 * u, SLACK * d * 2 ** -1000, normAt(nu, 0, d)],
		...[LIMITS.radius, LIMITS.kappa, LIMITS.rounding, LIMITS.score, LIMITS.least, LIMITS.largest],
		...[2 ** (400 / (degree + 1)) - 1, squareErrorOf({ degree, sumError: sums }), Math.sqrt(d) * SLACK],
		normAt(part.valueCentre, 0, part.d_v),
	];
	return {
		terms: exponential.terms.length - 1,
		solution: putNumbers(kernels, "f64", solutionConstants({ degree, sumError: sums }, exponential)),
		bounds: putNumbers(kernels, "f64", bounds),
	};
}
