import { allocateNumbers, type Dtype, type Numbers } from "@attgrad/matrix-core";
import type { QueryBlock } from "./blocks.ts";

/** Rows that are gathered until a block of one degree is full. */
interface Gathering {
	count: number;
	readonly rows: Int32Array;
	/** d x blockRows, column by column with stride `blockRows`. */
	readonly points: Numbers;
	readonly inputs: Float64Array;
	readonly targets: Float64Array;
}

/**
 * The rows of query blocks in blocks of one degree each, in the order in which blocks are full, what is left at the end.
 * Holds a block for each degree that occurs.
 */
export function* blocksByDegree(
	blocks: Iterable<QueryBlock>,
	{ d, dtype, blockRows }: { d: number; dtype: Dtype; blockRows: number },
	degreeOf: (block: QueryBlock, j: number) => number,
): Generator<{ degree: number; block: QueryBlock }, void, undefined> {
	const gatherings = new Map<number, Gathering>();
	for (const block of blocks)
		for (let j = 0; j < block.count; j++) {
			const degree = degreeOf(block, j);
			const gathering = gatherings.get(degree) ?? {
				count: 0,
				rows: new Int32Array(blockRows),
				points: allocateNumbers(dtype, blockRows * d),
				inputs: new Float64Array(blockRows * d),
				targets: new Float64Array(blockRows * d),
			};
			gatherings.set(degree, gathering);
			take(gathering, block, j, d, blockRows);
			if (gathering.count < blockRows) continue;
			yield { degree, block: gathering };
			gathering.count = 0;
		}
	for (const [degree, gathering] of gatherings)
		if (gathering.count > 0) yield { degree, block: { ...gathering, points: tightened(gathering, d, blockRows) } };
}

function take(gathering: Gathering, block: QueryBlock, j: number, d: number, blockRows: number): void {
	const at = gathering.count++;
	gathering.rows[at] = block.rows[j];
	gathering.inputs.set(block.inputs.subarray(j * d, (j + 1) * d), at * d);
	gathering.targets.set(block.targets.subarray(j * d, (j + 1) * d), at * d);
	for (let i = 0; i < d; i++) gathering.points[i * blockRows + at] = block.points[i * block.count + j];
}

/** The columns of the points with stride `count` instead of `blockRows`. */
function tightened({ points, count }: Gathering, d: number, blockRows: number): Numbers {
	const made = points.slice(0, d * count);
	for (let i = 0; i < d; i++) made.set(points.subarray(i * blockRows, i * blockRows + count), i * count);
	return made;
}
