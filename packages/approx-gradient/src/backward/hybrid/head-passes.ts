import { type Runtime, withKernels } from "@attgrad/matrix-core";
import { WIDEST } from "../../feature-maps/direct-bounds.ts";
import type { HybridMap } from "../../feature-maps/hybrid/hybrid-map.ts";
import type { ChosenKeys } from "./chosen-keys.ts";
import { type ColumnPass, columnPass } from "./column-pass.ts";
import type { HybridHead } from "./hybrid-head.ts";
import { hybridKernels } from "./kernels/hybrid-kernels.ts";
import { KernelHead } from "./kernels/kernel-head.ts";
import { KernelMaskedHead } from "./masked/kernel-masked-head.ts";
import { maskedPasses } from "./masked/masked-passes.ts";
import { PlainMaskedHead } from "./masked/plain-masked-head.ts";
import type { ColumnBounds } from "./query-sums.ts";
import { type RowPass, rowPass } from "./row-pass.ts";

/** The passes over a head with a map's features. */
export interface HeadPasses {
	rows(): Promise<RowPass>;
	/** The rows of keys, of the queries that are kept; once, after `rows`: the others are cleared. */
	columns(rows: RowPass, kept: readonly number[], bounds: ColumnBounds): Promise<ColumnPass>;
}

/**
 * Gives `work` the passes over a head, on the runtime's kernels or in plain TypeScript; `work` runs nothing else on the runtime.
 * @param exactKeys chooses the keys that are exact for all queries, on kernels and without a mask
 */
export async function withHeadPasses<Result>(
	map: HybridMap,
	head: HybridHead,
	runtime: Runtime,
	work: (passes: HeadPasses) => Promise<Result>,
	exactKeys?: ChosenKeys,
): Promise<Result> {
	const { mask } = head;
	if (runtime.kernel !== "js" && head.keys.cols <= WIDEST)
		return withKernels(runtime, hybridKernels, async (kernels, within) =>
			work(
				mask
					? maskedPasses(await KernelMaskedHead.of(kernels, map, { head, mask }), mask)
					: await KernelHead.of(kernels, map, head, exactKeys, within),
			),
		);
	if (mask) return work(maskedPasses(await PlainMaskedHead.of(map, { head, mask }, runtime), mask));
	const [Phi, Psi] = [await map.queryFeatures(head.queries), await map.keyFeatures(head.keys, 0)];
	const approximated = { Phi, Psi, error: map.error };
	return work({
		rows: () => rowPass(approximated, head, runtime),
		columns: (rows, kept, bounds) => columnPass(approximated, head, rows, kept, bounds, runtime),
	});
}
