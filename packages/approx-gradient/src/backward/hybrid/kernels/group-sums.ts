import { Matrix } from "@attgrad/matrix-core";
import type { BlockForms } from "../../../feature-maps/residual-forms.ts";
import { type HybridKernels, paddedColumns } from "./placed-features.ts";

/** Slots that groups are added to, whatever the number of threads; and groups of a task. */
const SLOTS = 8;
const TASK_GROUPS = 16;

/** Numbers of the kinds of forms in `HybridRows`. */
const FORMS = { none: 0, own: 1, crossed: 2 };

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
	/** Addresses of the factors of the blocks of columns and of the numbers that they multiply, `width` a row. */
	readonly factors: number;
	readonly blocks: number;
	readonly numbers: number;
	readonly width: number;
	/** Columns beside them, and their address. */
	readonly beside: number;
	readonly extra: number;
	/** No forms, which are 0 then, or those of blocks with themselves, or with the last block too. */
	readonly forms: keyof typeof FORMS;
	/** What raises the diagonals of the residual matrices, row by row (`raiseOf`): its address, and its sum. */
	readonly raises: number;
	readonly raised: number;
}

/** Sums of one side, K x columns, and forms of its residual matrix. */
export interface GroupSums {
	readonly sums: Matrix;
	readonly forms: BlockForms;
}

/** Sums of features times columns, and the forms of the columns. O(n (K columns + s (K + columns))) for groups of s rows. */
export function sumsOfGroups(kernels: HybridKernels, given: GroupedRows): Promise<GroupSums> {
	const {
		rows,
		groups,
		d,
		rank,
		features,
		left,
		right,
		sizes,
		raises,
		factors,
		blocks,
		numbers,
		width,
		beside,
		extra,
	} = given;
	return kernels.scope(async () => {
		const struct = kernels.allocateStruct("HybridRows", {
			...{ rows, groups, d, blocks, width, beside, rank, forms: FORMS[given.forms] },
			...{ left, right, sizes, raises, features, numbers, factors, extra },
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
		await kernels.run("addSlots", [{ slots: slots.byteOffset, count, bytes: slotBytes }], {});
		const across = blocks * width + beside;
		const [wide, step] = [await paddedColumns(kernels, across), await paddedColumns(kernels, width)];
		const sums = matrixAt(slots, 0, rank, across, wide);
		const own = Math.ceil(rank / 6) * 6 * wide;
		const forms = (at: number) => matrixAt(slots, at, blocks * width, width, step);
		const cross = own + (blocks * width + 6) * step;
		return { sums, forms: { own: forms(own), cross: forms(cross), groups, raised: given.raised } };
	});
}

/** A matrix whose rows are `step` numbers apart. */
function matrixAt(numbers: Float64Array, from: number, rows: number, cols: number, step: number): Matrix {
	const made = Matrix.zeros(rows, cols);
	for (let i = 0, at = 0; i < rows; i++)
		for (let own = from + i * step, end = own + cols; own < end; own++) made.data[at++] = numbers[own];
	return made;
}
