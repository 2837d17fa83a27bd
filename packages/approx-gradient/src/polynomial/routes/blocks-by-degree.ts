import { allocateNumbers, type Dtype, Matrix, type Numbers } from "@attgrad/matrix-core";
import type { FramedQueries } from "./framed-blocks.ts";

/** Rows that are gathered until a block of one degree is full; points are columns with stride `blockRows`. */
interface Gathering extends FramedQueries {
	count: number;
}

/**
 * The rows of query blocks in blocks of one degree each, in the order in which blocks are full, what is left at the end.
 * Holds a block for each degree that occurs.
 */
export function* blocksByDegree(
	blocks: Iterable<FramedQueries>,
	sizes: { d: number; dtype: Dtype; blockRows: number },
	degreeOf: (block: FramedQueries, j: number) => number,
): Generator<{ degree: number; block: FramedQueries }, void, undefined> {
	const gatherings = new Map<number, Gathering>();
	for (const block of blocks)
		for (let j = 0; j < block.count; j++) {
			const degree = degreeOf(block, j);
			const gathering = gatherings.get(degree) ?? emptyGathering(sizes);
			gatherings.set(degree, gathering);
			take(gathering, block, j);
			if (gathering.count < sizes.blockRows) continue;
			yield { degree, block: gathering };
			gathering.count = 0;
		}
	for (const [degree, gathering] of gatherings) if (gathering.count > 0) yield { degree, block: started(gathering) };
}

const emptyGathering = ({ d, dtype, blockRows }: { d: number; dtype: Dtype; blockRows: number }): Gathering => ({
	count: 0,
	indices: new Int32Array(blockRows),
	points: allocateNumbers(dtype, blockRows * d),
	inputs: Matrix.zeros(blockRows, d),
	queries: Matrix.zeros(blockRows, d),
	targets: Matrix.zeros(blockRows, d),
});

function take(gathering: Gathering, block: FramedQueries, j: number): void {
	const at = gathering.count++;
	const { rows: blockRows, cols: d } = gathering.inputs;
	gathering.indices[at] = block.indices[j];
	gathering.inputs.row(at).set(block.inputs.row(j));
	gathering.queries.row(at).set(block.queries.row(j));
	gathering.targets.row(at).set(block.targets.row(j));
	for (let i = 0; i < d; i++) gathering.points[i * blockRows + at] = block.points[i * block.count + j];
}

/** The rows of a block that is not full. */
const started = ({ count, indices, points, inputs, queries, targets }: Gathering): FramedQueries => ({
	count,
	indices: indices.subarray(0, count),
	points: tightened(points, count, inputs),
	inputs: inputs.slice(0, count),
	queries: queries.slice(0, count),
	targets: targets.slice(0, count),
});

/** The columns of the points with stride `count` instead of a whole block's rows. */
function tightened(points: Numbers, count: number, { rows: blockRows, cols: d }: Matrix): Numbers {
	const made = points.slice(0, d * count);
	for (let i = 0; i < d; i++) made.set(points.subarray(i * blockRows, i * blockRows + count), i * count);
	return made;
}
