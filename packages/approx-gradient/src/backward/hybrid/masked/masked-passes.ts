import type { Runtime } from "@attgrad/matrix-core";
import type { HybridMap } from "../../../feature-maps/hybrid/hybrid-map.ts";
import type { ColumnPass } from "../column-pass.ts";
import type { HybridHead } from "../hybrid-head.ts";
import type { ColumnBounds } from "../query-sums.ts";
import type { RowPass } from "../row-pass.ts";
import { type HeadMask, sequenceChunks } from "./head-mask.ts";
import { maskedColumns } from "./masked-columns.ts";
import { maskedFeatures } from "./masked-features.ts";
import { maskedRows } from "./masked-rows.ts";

/** The passes over a head with a mask, as `HeadPasses`. */
export async function maskedPasses(map: HybridMap, head: HybridHead, mask: HeadMask, runtime: Runtime) {
	const features = await maskedFeatures(map, head, mask, runtime);
	const sequences = sequenceChunks(mask);
	return {
		rows: (): Promise<RowPass> => maskedRows(features, sequences),
		columns: (rows: RowPass, kept: readonly number[], bounds: ColumnBounds): Promise<ColumnPass> =>
			maskedColumns(features, sequences, rows, kept, bounds),
	};
}
