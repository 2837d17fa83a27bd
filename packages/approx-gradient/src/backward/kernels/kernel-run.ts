import type { BackwardProblem } from "@attgrad/attention-problem";
import { builds, type KernelName, type RowSource } from "@attgrad/matrix-core";
import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";
import { cutChunks } from "../chunks.ts";
import { ExactRows } from "../exact-row.ts";
import { makePart, type Part, type PartRows, type Room } from "../part.ts";
import { RowBounds } from "../row-bounds.ts";
import { type KernelPart, putPart } from "./kernel-part.ts";
import { sweepKeys, sweepQueries } from "./kernel-sweeps.ts";
import { type OperatorKernels, putTables } from "./kernel-tables.ts";

/** Rows of a chunk where no mask has to be resolved. */
const UNMASKED = 256;

/** Chunks are whole panels, of this many rows in the widest build. */
const CHUNK_STEP = 8;

/** The outputs that a run is asked for. */
export interface KernelRunOptions {
	readonly tree: FeatureTree;
	/** Rows of a chunk where a mask has to be resolved. */
	readonly chunk: number;
	/** Whether gradients are left out. */
	readonly outputOnly: boolean;
	readonly kernel: KernelName;
}

/** Parts on the kernels, a sweep at a time: over queries, then over keys. */
export class KernelRun {
	readonly parts: readonly KernelPart[];
	readonly #kernels: OperatorKernels;
	readonly #scratch: number;

	private constructor(kernels: OperatorKernels, parts: readonly KernelPart[], scratch: number) {
		[this.#kernels, this.parts, this.#scratch] = [kernels, parts, scratch];
	}

	/** Makes parts in the kernels' memory. @throws ComputationError out-of-memory where it cannot grow */
	static async begin(
		kernels: OperatorKernels,
		problem: BackwardProblem<RowSource>,
		batch: readonly PartRows[],
		{ tree, chunk, outputOnly, kernel }: KernelRunOptions,
	): Promise<KernelRun> {
		if (kernel === "js") throw new Error("kernel js has no operator kernels");
		const panelRows = builds[kernel].constants["TILE_VECTORS"] * 2;
		const tables = putTables(kernels, tree, panelRows * 8);
		const room: Room = (length) => kernels.view("f64", kernels.allocate("f64", length), length);
		const parts = batch.map((rows) => {
			const part = makePart(problem, rows, room);
			const chunks = cutChunks(part.intervals, part.keys, chunkOf(part, chunk));
			return putPart(kernels, part, chunks, { tree, tables, panelRows, outputOnly, room });
		});
		const bytes = await kernels.run(
			"scratchBytes",
			parts.map(({ address }) => ({ part: address })),
			{ scratch: 256 },
		);
		return new KernelRun(kernels, parts, Math.max(...bytes));
	}

	/** Polynomials, outputs, dQ and bounds of all queries; rows that no polynomial serves are exact, and add to dK and dV. */
	async sweepQueries(): Promise<void> {
		await sweepQueries(this.#kernels, this.parts, this.#scratch);
		for (const part of this.parts) this.#addExactRows(part);
	}

	/** dK and dV of all rows that have polynomials. */
	async sweepKeys(): Promise<void> {
		// A query without a polynomial must not count, however large its powers are.
		const left = this.parts.map((part) => takeQueries(part));
		await sweepKeys(this.#kernels, this.parts, this.#scratch);
		for (const putBack of left) putBack();
	}

	#addExactRows({ part, normaliser, results }: KernelPart): void {
		const { queries, intervals } = part;
		const exact = new ExactRows(part, results, new RowBounds(part, results.errors));
		for (let row = 0; row < normaliser.length; row++) {
			if (normaliser[row] > 0) {
				results.lse[row] = Math.log(normaliser[row]);
				continue;
			}
			for (const bounds of Object.values(results.errors)) bounds[row] = 0;
			const j = row % queries;
			if (intervals.lo[j] < intervals.hi[j]) exact.add(row, j);
		}
	}
}

/** Sets queries that have no polynomial to 0; gives a way to put them back. */
function takeQueries({ part: { q, d }, normaliser }: KernelPart): () => void {
	const taken: (readonly [at: number, query: Float64Array])[] = [];
	for (let row = 0; row < normaliser.length; row++) {
		if (normaliser[row] > 0) continue;
		taken.push([row * d, q.slice(row * d, (row + 1) * d)]);
		q.fill(0, row * d, (row + 1) * d);
	}
	return () => {
		for (const [at, query] of taken) q.set(query, at);
	};
}

/** Rows of a chunk: as asked for, in whole panels; more where every query sees every key. */
function chunkOf({ intervals: { lo, hi }, keys }: Part, chunk: number): number {
	// Both never fall.
	const unmasked = lo[lo.length - 1] === 0 && hi[0] === keys;
	return unmasked ? UNMASKED : Math.ceil(chunk / CHUNK_STEP) * CHUNK_STEP;
}
