import { builds, bytesPerNumber, type Dtype, type KernelName } from "@attgrad/matrix-core";
import type { FeatureTree } from "../monomials/feature-tree.ts";
import { productTable, type RunTable } from "./feature-tables.ts";
import { roundingsOfJoins } from "./joined-slots.ts";

/** How `kernels/polynomial.ts` is fed: sizes of panels, blocks, slots and scratch. */
export interface KernelPlan {
	/** Columns that moments are taken against: values, ones, and squares for certificates. */
	readonly columns: number;
	/** Nodes whose moments pass 1 makes, and their runs. */
	readonly nodes: number;
	readonly keyRuns: RunTable;
	/** Bytes of a panel of rows. */
	readonly panelBytes: number;
	/** Panels of keys in a block. */
	readonly blockPanels: number;
	/** Slots: every chunk of rows is divided among them, and each holds sums of its own rows. */
	readonly slots: number;
	/** Rows of a chunk that a slot takes, at most. */
	readonly slotRows: number;
	/** Bytes of scratch of a thread in pass 1. */
	readonly keyScratch: number;
	/** Bytes of scratch of a thread in pass 2, for cotangents of `adjointNodes` nodes. */
	queryScratch(runs: RunTable, adjointNodes: number): number;
}

/** Features of a block of keys are to fill at most this much of a 1 MiB L2. */
const BLOCK_BYTES = 768 * 1024;

/** Bytes of a feature's rows in a block at most: the sums over them are in the problem's number type, and certificates count their roundings. */
export const BLOCK_ROW_BYTES = 2048;

/** All sums of key moments together. */
const SUM_BYTES = 2 ** 27;

/** Multiplications of a slot for a chunk at most: some 5 ms, between two looks at the event loop. */
const SLOT_WORK = 2e7;

/** Rows and multiplications below which a slot takes no fewer: its overhead would take longer than it saves. */
const SMALL_SLOT = { rows: 2048, work: 2e6 };

const upTo = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

const slotsOf = (nodes: number, columns: number): number => clamp(Math.floor(SUM_BYTES / (8 * nodes * columns)), 1, 16);

/**
 * Roundings in double precision that a sum over n rows has, one after the other: of the additions of a slot's blocks in a chunk, of the slots, and of
 * joining the chunks (`JoinedSlots`). At least that for every build: a block has rows of two panels of 32 bytes at least.
 */
export function blocksInSum(
	{ n, d, dtype }: { n: number; d: number; dtype: Dtype },
	nodes: number,
	columns = d + 1,
): number {
	const rowWork = nodes * columns;
	const rowBytes = clamp(2 ** Math.floor(Math.log2(BLOCK_BYTES / nodes)), 64, BLOCK_ROW_BYTES);
	const blockRows = Math.min(rowBytes, upTo(n * bytesPerNumber(dtype), 64)) / bytesPerNumber(dtype);
	const slots = slotsOf(nodes, columns);
	const least = Math.min(SMALL_SLOT.rows, SMALL_SLOT.work / rowWork);
	const slotRows = Math.max(SLOT_WORK / rowWork, least);
	// A slot has one block, or as many as hold so many rows.
	const most = Math.min(n, slotRows, Math.max(Math.ceil(n / slots), least));
	const chunks = Math.ceil(n / (slots * Math.min(n / slots, slotRows)));
	return Math.ceil(most / blockRows) + 1 + slots + roundingsOfJoins(chunks);
}

/** Sizes for a problem of n rows and width d, and the moments of the first `nodes` nodes of a tree. */
export function kernelPlan(
	kernel: KernelName,
	{ n, d, dtype }: { n: number; d: number; dtype: Dtype },
	tree: FeatureTree,
	nodes: number,
	columns = d + 1,
): KernelPlan {
	if (kernel === "js") throw new Error("kernel js has no plan");
	const keyRuns = productTable(tree, nodes);
	const panelBytes = builds[kernel].constants["TILE_VECTORS"] * 16;
	const panelRows = panelBytes / bytesPerNumber(dtype);
	const fitting = 2 ** Math.floor(Math.log2(BLOCK_BYTES / (keyRuns.made * panelBytes)));
	const blockPanels = clamp(
		fitting,
		2,
		Math.min(BLOCK_ROW_BYTES / bytesPerNumber(dtype), upTo(n, panelRows)) / panelRows,
	);
	const blockRows = blockPanels * panelRows;
	const slots = slotsOf(nodes, columns);
	const rowWork = nodes * columns;
	const least = Math.max(blockRows, Math.min(SMALL_SLOT.rows, SMALL_SLOT.work / rowWork));
	const slotRows = upTo(clamp(Math.ceil(n / slots), least, Math.max(least, SLOT_WORK / rowWork)), blockRows);
	return {
		columns,
		nodes,
		keyRuns,
		panelBytes,
		blockPanels,
		slots,
		slotRows,
		keyScratch: 256 + ((keyRuns.made + d + 1 + 2 * columns) * (blockPanels + 1) + 6 * d + 12) * panelBytes,
		queryScratch: ({ made, products }, adjointNodes) => {
			const columns = 10 * d + 2 + 2 * d * d + (d + 1) * (products + 1);
			return (made + adjointNodes + columns) * panelBytes;
		},
	};
}
