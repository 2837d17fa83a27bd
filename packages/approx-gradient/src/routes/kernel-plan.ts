import { builds, type Dtype, type KernelName } from "@attgrad/matrix-core";
import type { RunTable } from "./feature-tables.ts";

/** How `kernels/polynomial.ts` is fed: sizes of panels, blocks, slots and scratch. */
export interface KernelPlan {
	/** Bytes of a panel of rows. */
	readonly panelBytes: number;
	/** Panels of keys in a block. */
	readonly blockPanels: number;
	/** Shares that every chunk of rows is cut into; each has sums of its own. */
	readonly slots: number;
	/** Rows of a share. */
	readonly slotRows: number;
	/** Bytes of scratch of a thread in pass 1, for features of `made` nodes. */
	keyScratch(made: number, d: number): number;
	/** Bytes of scratch of a thread in pass 2, for cotangents of `adjointNodes` nodes. */
	queryScratch(runs: RunTable, adjointNodes: number, d: number): number;
}

/** Features of a block of keys are to fill at most this much of a 1 MiB L2. */
const BLOCK_BYTES = 768 * 1024;

/** All sums of key moments together. */
const SUM_BYTES = 2 ** 27;

/** Multiplications of a share: some 5 ms, between two looks at the event loop and not too many for small problems. */
const SHARE_WORK = 2e7;

const upTo = (x: number, multiple: number): number => Math.ceil(x / multiple) * multiple;
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** Sizes for a problem of n rows and width d whose largest set has `nodes` monomials. */
export function kernelPlan(
	kernel: KernelName,
	{ n, d, dtype, nodes }: { n: number; d: number; dtype: Dtype; nodes: number },
): KernelPlan {
	if (kernel === "js") throw new Error("kernel js has no plan");
	const panelBytes = builds[kernel].constants["TILE_VECTORS"]! * 16;
	const panelRows = panelBytes / (dtype === "f64" ? 8 : 4);
	const blockPanels = clamp(2 ** Math.floor(Math.log2(BLOCK_BYTES / (nodes * panelBytes))), 2, 16);
	const blockRows = blockPanels * panelRows;
	const slots = clamp(Math.floor(SUM_BYTES / (8 * nodes * (d + 1))), 1, 16);
	const balanced = Math.ceil(n / slots);
	const slotRows = upTo(clamp(balanced, blockRows, Math.max(blockRows, SHARE_WORK / (nodes * (d + 1)))), blockRows);
	return {
		panelBytes,
		blockPanels,
		slots,
		slotRows,
		keyScratch: (made, width) => 256 + ((made + 3 * width + 3) * blockPanels + width + 10) * panelBytes,
		queryScratch: ({ made, leafRuns }, adjointNodes, width) => {
			const columns = 6 * width + 2 + 2 * width * width + (width + 1) * (leafRuns + 1);
			return (upTo(made, 4) + upTo(Math.max(made, adjointNodes), 4) + columns) * panelBytes;
		},
	};
}
