import { seededRandom } from "@attgrad/matrix-core";
import type { Distribution, Instance, RowMaker } from "./distribution.ts";

/** The sink is so many times longer than other keys. */
const FACTOR = 100;
/** One query in so many looks at a key of its own. */
const PERIOD = 50;
/** Queries lean so far towards the sink, as a part of what others are. */
const LEAN = 0.25;

/** A direction of entries 1 and −1 that the instance's sink and its queries share. */
const directionOf = ({ d, seed }: Instance): Float64Array => {
	const random = seededRandom(seed, "sink");
	return Float64Array.from({ length: d }, () => (random.integer(0, 1) === 0 ? -1 : 1));
};

const queries = (instance: Instance): RowMaker => {
	const { B } = instance;
	const direction = directionOf(instance);
	const ordinary = B / 4;
	return (row, index, random) => {
		const looks = index % PERIOD === PERIOD - 1;
		const bound = looks ? B : ordinary;
		for (let b = 0; b < row.length; b++) {
			const own = random.uniform(-1, 1);
			row[b] = looks ? bound * (own < 0 ? -1 : 1) : bound * (LEAN * direction[b] + (1 - LEAN) * own);
		}
	};
};

const keys = (instance: Instance): RowMaker => {
	const { B } = instance;
	const direction = directionOf(instance);
	return (row, index, random) => {
		for (let b = 0; b < row.length; b++) {
			const own = random.uniform(-1, 1);
			row[b] = index === 0 ? B * direction[b] : (B / FACTOR) * own;
		}
	};
};

/**
 * Attention sinks: the first key is a hundred times longer than the others, in a direction that queries lean to, and one query in fifty
 * is at a corner of the cube, so that it looks at one key or away from it. max |A1 X| and max |A2| are at most B.
 */
export const sinks: Distribution = {
	name: "sinks",
	summary: "the first row of A2 a hundred times longer than the others, and rows of A1 X that look at it or away",
	queries,
	keys,
};
