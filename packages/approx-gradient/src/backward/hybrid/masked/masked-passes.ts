import type { ColumnPass } from "../column-pass.ts";
import type { ColumnBounds } from "../query-sums.ts";
import type { RowPass } from "../row-pass.ts";
import { type HeadMask, sequenceChunks } from "./head-mask.ts";
import { maskedColumns } from "./masked-columns.ts";
import type { MaskedHead } from "./masked-head.ts";
import { maskedRows } from "./masked-rows.ts";

/** The passes over a head with a mask, as `HeadPasses`. */
export function maskedPasses(head: MaskedHead, mask: HeadMask) {
	const sequences = sequenceChunks(mask);
	return {
		rows: (): Promise<RowPass> => maskedRows(head, sequences),
		columns: (rows: RowPass, kept: readonly number[], bounds: ColumnBounds): Promise<ColumnPass> =>
			maskedColumns(head, sequences, rows, kept, bounds),
	};
}
