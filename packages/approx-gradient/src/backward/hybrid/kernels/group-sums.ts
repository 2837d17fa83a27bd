import { Matrix } from "@attgrad/matrix-core";
import type { BlockForms } from "../../../feature-maps/residual-forms.ts";
import { type HybridKernels, paddedColumns, putMatrix } from "./placed-features.ts";

/** Slots that groups are added to, whatever the number of threads; and groups of a task. */
const SLOTS = 16;
const TASK_GROUPS = 16;

/** Rows of one side in interlaced groups, and the columns that are summed. */
export interface GroupedRows {
	readonly rows: number;
	readonly groups: number;
	/** Of the coordinates. */
	readonly d: number;
	readonly rank: number;
	/** Addresses of features, factors of exponents and weights. */
	readonly features: number;
	readonly left: number;
	readonly right: number;
	readonly sizes: number;
	/** Factors of the blocks of columns, and the address of the numbers that they multiply, `width` a row. */
	readonly factors: Matrix;
	readonly numbers: number;
	readonly width: number;
	/** Columns beside them. */
	readonly extra?: Matrix;
	/** Forms of blocks with themselves, or with the last block too. */
	readonly forms: "own" | "crossed";
	/** At least the slack of every group. */
	readonly slack: number;
}

/** Sums of one side, K x columns, and forms of its residual matrix. */
export interface GroupSums {
	readonly sums: Matrix;
	readonly forms: BlockForms;
}

/** Sums of features times columns, and the forms of the columns. O(n (K columns + s (K + columns))) for groups of s rows. */
export function sumsOfGroups(kernels: HybridKernels, given: GroupedRows): Promise<GroupSums> {
	const { rows, groups, d, rank, features, left, right, sizes, factors, numbers, width, extra } = given;
	return kernels.scope(async () => {
		const blocks = factors.cols;
		const beside = extra?.cols ?? 0;
		const struct = kernels.allocateStruct("HybridRows", {
			...{ rows, groups, d, blocks, width, beside, rank, forms: given.forms === "crossed" ? 2 : 1 },
			...{ left, right, sizes, features, numbers },
			...{ factors: putMatrix(kernels, factors), extra: extra ? putMatrix(kernels, extra) : 0 },
		});
		const [slotBytes] = await kernels.run("groupSlot", [{ rows: struct }], {});
		const [scratch] = await kernels.run("groupScratch", [{ rows: struct }], {});
		const count = Math.min(SLOTS, groups);
		const length = slotBytes / 8;
		const slots = kernels.view("f64", kernels.allocateZeros("f64", count * length), count * length);
		const first = (slot: number) => Math.floor((slot * groups) / count);
		for (let done = 0; done < Math.ceil(groups / count); done += TASK_GROUPS) {
			const tasks = [];
			for (let slot = 0; slot < count; slot++) {
				const from = first(slot) + done;
				const to = Math.min(first(slot + 1), from + TASK_GROUPS);
				if (from < to) tasks.push({ rows: struct, from, to, slot: slots.byteOffset + slot * slotBytes });
			}
			await kernels.run("sumGroups", tasks, { scratch });
		}
		const total = slots.slice(0, length);
		for (let at = length; at < slots.length; ) for (let i = 0; i < length; i++) total[i] += slots[at++];
		const across = blocks * width + beside;
		const [wide, step] = [await paddedColumns(kernels, across), await paddedColumns(kernels, width)];
		const sums = matrixAt(total, 0, rank, across, wide);
		const own = Math.ceil(rank / 6) * 6 * wide;
		const forms = (at: number) => matrixAt(total, at, blocks * width, width, step);
		const cross = own + (blocks * width + 6) * step;
		return { sums, forms: { own: forms(own), cross: forms(cross), groups, slack: given.slack } };
	});
}

/** A matrix whose rows are `step` numbers apart. */
function matrixAt(numbers: Float64Array, from: number, rows: number, cols: number, step: number): Matrix {
	const made = Matrix.zeros(rows, cols);
	for (let i = 0; i < rows; i++) made.data.set(numbers.subarray(from + i * step, from + i * step + cols), i * cols);
	return made;
}
