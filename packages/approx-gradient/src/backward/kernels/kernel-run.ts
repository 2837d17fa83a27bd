import type { BackwardProblem } from "@attgrad/attention-problem";
import { builds, type KernelName, type RowSource } from "@attgrad/matrix-core";
import type { FeatureTree } from "../../polynomial/monomials/feature-tree.ts";
import { isWhole } from "../chunks.ts";
import { ExactRows } from "../exact-row.ts";
import { type LeftRows, leftRows } from "../left-rows.ts";
import { ownRoom, type PartRows, type Room } from "../part.ts";
import type { PartBounds } from "../part-bounds.ts";
import { RowBounds } from "../row-bounds.ts";
import { finishQueries } from "./finish-parts.ts";
import { type KernelPart, putPart } from "./kernel-part.ts";
import { sweepKeys, sweepQueries } from "./kernel-sweeps.ts";
import { type OperatorKernels, putTables } from "./kernel-tables.ts";
import { prepareParts } from "./prepare-parts.ts";

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
	/** Rows without a polynomial. The exact pass computes them after the sweeps, and adds them to all results. */
	readonly left: LeftRows[] = [];
	readonly #kernels: OperatorKernels;
	readonly #given: readonly PartRows[];
	readonly #scratch: number;

	private constructor(
		kernels: OperatorKernels,
		given: readonly PartRows[],
		parts: readonly KernelPart[],
		scratch: number,
	) {
		[this.#kernels, this.#given, this.parts, this.#scratch] = [kernels, given, parts, scratch];
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
		const tables = putTables(kernels, tree, panelRows * 8, problem.d_v);
		const room: Room = (length) => kernels.view("f64", kernels.allocate("f64", length), length);
		const prepared = await prepareParts(kernels, problem, batch, (rows) => chunkOf(rows, chunk), room);
		const parts = prepared.map((part) => putPart(kernels, part, { tree, tables, panelRows, outputOnly, room }));
		const bytes = await kernels.run(
			"scratchBytes",
			parts.map(({ address }) => ({ part: address })),
			{ scratch: 256 },
		);
		return new KernelRun(kernels, batch, parts, Math.max(...bytes));
	}

	/**
	 * Polynomials, outputs and dQ of all queries, and a way to the bounds of each part; rows that no polynomial serves are computed exactly, or are `left`.
	 * Results of queries are in the units of the problem then.
	 */
	async sweepQueries(): Promise<() => PartBounds[]> {
		const count = await sweepQueries(this.#kernels, this.parts, this.#scratch);
		const unserved = this.parts.map((part, i) => (count > 0 ? this.#exactRows(part, i) : []));
		const bounds = await finishQueries(this.#kernels, this.parts);
		if (count === 0) return bounds;
		const known = bounds();
		// A query without a polynomial must not count in the sweep over keys, however large its powers are.
		for (const [i, { part }] of this.parts.entries())
			for (const row of unserved[i]) part.q.fill(0, row * part.d, (row + 1) * part.d);
		return () => known;
	}

	/** Gives the rows that no polynomial serves. They go to `left`, or are computed here where there are too few pairs of them and keys. */
	#exactRows(kernelPart: KernelPart, i: number): number[] {
		const { part, results } = kernelPart;
		const { lse, errors } = results;
		const unserved: number[] = [];
		for (let row = 0; row < lse.length; row++) if (lse[row] === Number.NEGATIVE_INFINITY) unserved.push(row);
		if (unserved.length === 0) return unserved;
		for (const bounds of Object.values(errors)) for (const row of unserved) bounds[row] = 0;
		const left = leftRows(part, this.#given[i], unserved);
		if (left) this.left.push(left);
		else addExactRows(kernelPart, unserved);
		return unserved;
	}

	/**
	 * dK and dV of all rows that have polynomials, and of the exact ones, in the units of the problem.
	 * @param meanwhile work beside it, which may read bounds and the results of queries: some of these are gone after it
	 */
	async sweepKeys(meanwhile: () => void): Promise<void> {
		await sweepKeys(this.#kernels, this.parts, this.#scratch, meanwhile);
		for (const { results, keySizes } of this.parts) {
			const { dQ } = results.sizes;
			let [dK, dV] = [0, 0];
			for (let at = 0; at < keySizes.length; at += 2)
				[dK, dV] = [Math.max(dK, keySizes[at]), Math.max(dV, keySizes[at + 1])];
			results.sizes = { dQ, dK, dV };
		}
	}
}

/** Computes rows that no polynomial serves exactly, and adds them to dK and dV. */
function addExactRows(kernelPart: KernelPart, unserved: readonly number[]): void {
	const { part, results, sharesRoom } = kernelPart;
	const { queries, intervals } = part;
	const keys = sharesRoom ? { dK: ownRoom(results.dK.length), dV: ownRoom(results.dV.length) } : {};
	const own = { ...results, ...keys };
	const exact = new ExactRows(part, own, new RowBounds(part, results.errors));
	for (const row of unserved) {
		const j = row % queries;
		if (intervals.lo[j] < intervals.hi[j]) exact.add(row, j);
	}
	results.exactRows = own.exactRows;
	if (sharesRoom) kernelPart.exactKeys = own;
}

/** Rows of a chunk: as asked for, in whole panels; more where every query sees every key. */
const chunkOf = ({ intervals, keys }: PartRows, chunk: number): number =>
	isWhole(intervals, keys.to - keys.from) ? UNMASKED : Math.ceil(chunk / CHUNK_STEP) * CHUNK_STEP;
