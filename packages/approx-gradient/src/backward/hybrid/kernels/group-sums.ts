import { Matrix } from "@attgrad/matrix-core";
import type { BlockForms } from "../../../feature-maps/residual-forms.ts";
import { type HybridKernels, paddedColumns } from "./placed-features.ts";

/** Slots that rows and groups are added to, whatever the number of threads; and rows of a task. */
const SLOTS = 8;
const TASK_ROWS = 2048;

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
	/** Numbers that are added to the diagonals of the residual matrices, one for each row (`raisesOf`): their address, and their sum. */
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
		const [sumScratch] = await kernels.run("sumScratch", [{ rows: struct }], {});
		const count = Math.min(SLOTS, groups);
		const length = slotBytes / 8;
		const slots = kernels.view("f64", kernels.allocateZeros("f64", count * length), count * length);
		const inTasks = (all: number, each: number) =>
			tasksOf({ count, all, each }).map((tasks) =>
				tasks.map(({ slot, ...own }) => ({ rows: struct, slot: slots.byteOffset + slot * slotBytes, ...own })),
			);
		for (const tasks of inTasks(rows, TASK_ROWS)) await kernels.run("sumRows", tasks, { scratch: sumScratch });
		if (given.forms !== "none")
			for (const tasks of inTasks(groups, Math.ceil((TASK_ROWS * groups) / rows)))
				await kernels.run("formGroups", tasks, { scratch });
		await kernels.run("addSlots", [{ slots: slots.byteOffset, count, bytes: slotBytes }], {});
		const across = blocks * width + beside;
		const [wide, tall] = [await paddedColumns(kernels, across), await paddedColumns(kernels, blocks * width)];
		const step = await paddedColumns(kernels, width);
		const sums = matrixAt(slots, 0, rank, across, wide);
		const first = Math.ceil(rank / 6) * 6 * wide;
		const own = matrixAt(slots, first, blocks * width, width, step);
		const cross = first + (blocks * width + 6) * step;
		const before = matrixAt(slots, cross, blocks * width, width, step);
		const behind = matrixAt(slots, cross + (blocks * width + 6) * step, width, blocks * width, tall);
		return {
			sums,
			forms: { own: symmetricBlocks(own), cross: halfSum(before, behind), groups, raised: given.raised },
		};
	});
}

/** Parts of `each` of all that slots are given, one after the other: of each list, every slot has a task at the most. */
function tasksOf({ count, all, each }: { readonly count: number; readonly all: number; readonly each: number }) {
	const first = (slot: number) => Math.floor((slot * all) / count);
	return Array.from({ length: Math.ceil(Math.ceil(all / count) / each) }, (_, part) =>
		Array.from({ length: count }, (_, slot) => {
			const from = first(slot) + part * each;
			return { slot, from, to: Math.min(first(slot + 1), from + each) };
		}).filter(({ from, to }) => from < to),
	);
}

/** (M + Mᵀ) / 2 of the blocks, width x width each. */
function symmetricBlocks({ rows, cols: width, data }: Matrix): Matrix {
	const made = Matrix.zeros(rows, width);
	for (let first = 0; first < rows; first += width)
		for (let i = 0; i < width; i++)
			for (let k = 0; k < width; k++) {
				const [own, other] = [(first + i) * width + k, (first + k) * width + i];
				made.data[own] = (data[own] + data[other]) / 2;
			}
	return made;
}

/** (A + Bᵀ) / 2. */
function halfSum({ rows, cols, data }: Matrix, B: Matrix): Matrix {
	const made = Matrix.zeros(rows, cols);
	for (let i = 0, at = 0; i < rows; i++)
		for (let k = 0; k < cols; k++, at++) made.data[at] = (data[at] + B.data[k * B.cols + i]) / 2;
	return made;
}

/** A matrix whose rows are `step` numbers apart. */
function matrixAt(numbers: Float64Array, from: number, rows: number, cols: number, step: number): Matrix {
	const made = Matrix.zeros(rows, cols);
	for (let i = 0, at = 0; i < rows; i++)
		for (let own = from + i * step, end = own + cols; own < end; own++) made.data[at++] = numbers[own];
	return made;
}
