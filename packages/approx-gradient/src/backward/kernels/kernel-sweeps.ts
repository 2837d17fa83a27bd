import type { KernelTask } from "@attgrad/matrix-core";
import type { KernelPart } from "./kernel-part.ts";
import type { OperatorKernels } from "./kernel-tables.ts";
import type { operatorKernels } from "./operator-kernels.ts";
import {
	hasSumsOfEach,
	keySegments,
	ofEachSegments,
	querySegments,
	type Segment,
	segmentChunks,
	segmentsOf,
	widest,
	windowChunks,
	windowSegments,
} from "./segments.ts";

/** Numbers of a sum that one task adds up. */
const PIECE = 1024;

/** Sums of a part's segments, or of its chunks, in the memory: each with those of all before it. */
interface States {
	readonly address: number;
	/** Doubles of one. */
	readonly length: number;
	readonly count: number;
}

type Task<Name extends "sumKeys" | "queryChunks" | "keyChunks" | "accumulate"> = KernelTask<
	typeof operatorKernels,
	Name
>;

/** Address of the sums of the first `before` segments; 0 for none. */
const stateAt = ({ address, length }: States, before: number): number =>
	before === 0 ? 0 : address + (before - 1) * length * 8;

/**
 * The sweep over queries of some parts: sums over keys, beside which the parts are filled, then outputs, dQ, cotangents and bounds. Tasks do not
 * depend on the number of threads, and each writes to its own place. Gives the number of queries that no polynomial serves.
 */
export async function sweepQueries(
	kernels: OperatorKernels,
	parts: readonly KernelPart[],
	scratch: number,
): Promise<number> {
	return kernels.scope(async () => {
		const sums: Task<"sumKeys">[] = [];
		const tasks: Task<"queryChunks">[] = [];
		const all: States[] = [];
		for (const part of parts) {
			const { chunks, address, keyState, fromFirst } = part;
			const { queryChunks, keyChunks, size, first, last } = chunks;
			if (!fromFirst) {
				const length = windowChunks(queryChunks, size, keyState, widest({ from: first, to: last }));
				tasks.push(...windowSegments(queryChunks, length).map((segment) => taskOf(address, segment, 0)));
				continue;
			}
			const step = segmentChunks(keyChunks, size, keyState);
			const each = hasSumsOfEach({ from: first, to: last }, keyChunks, keyState);
			const states = allocateStates(kernels, each ? keyChunks : Math.ceil(keyChunks / step), keyState);
			all.push(states);
			for (const [i, segment] of segmentsOf(keyChunks, step).entries())
				sums.push({
					part: address,
					...segment,
					sums: stateAt(states, each ? segment.from + 1 : i + 1),
					each: each ? 1 : 0,
				});
			const length = segmentChunks(queryChunks, size, keyState);
			const segments = each ? ofEachSegments(queryChunks, length) : querySegments(part, length, step);
			for (const segment of segments) tasks.push(taskOf(address, segment, stateAt(states, segment.before)));
		}
		const meanwhile = (): void => {
			for (const { fill } of parts) fill();
		};
		await kernels.run("sumKeys", sums, { scratch, meanwhile });
		await accumulate(kernels, all);
		const unserved = await kernels.run("queryChunks", tasks, { scratch });
		return unserved.reduce((sum, count) => sum + count, 0);
	});
}

/**
 * The sweep over keys of some parts, after that over their queries: sums over queries, then dK and dV without exact rows.
 * @param meanwhile work beside sums over queries, or beside the last pass where there are none; it may read what is known of queries
 */
export async function sweepKeys(
	kernels: OperatorKernels,
	parts: readonly KernelPart[],
	scratch: number,
	meanwhile: () => void,
): Promise<void> {
	await kernels.scope(async () => {
		const sums: Task<"sumKeys">[] = [];
		const tasks: Task<"keyChunks">[] = [];
		const all: States[] = [];
		for (const part of parts) {
			const { chunks, address, queryState, toLast, over } = part;
			const { queryChunks, keyChunks, size } = chunks;
			if (!toLast) {
				const length = windowChunks(keyChunks, size, queryState, widest(over));
				tasks.push(...windowSegments(keyChunks, length).map((segment) => taskOf(address, segment, 0, queryChunks)));
				continue;
			}
			const step = segmentChunks(queryChunks, size, queryState);
			const each = hasSumsOfEach(over, queryChunks, queryState);
			const states = allocateStates(kernels, each ? queryChunks : Math.ceil(queryChunks / step), queryState);
			all.push(states);
			for (const [i, segment] of segmentsOf(queryChunks, step).reverse().entries()) {
				const to = stateAt(states, each ? queryChunks - segment.to + 1 : i + 1);
				sums.push({ part: address, ...segment, sums: to, each: each ? 1 : 0 });
			}
			const length = segmentChunks(keyChunks, size, queryState);
			const segments = each ? ofEachSegments(keyChunks, length) : keySegments(part, length, step);
			for (const segment of segments)
				tasks.push(taskOf(address, segment, stateAt(states, segment.before), queryChunks));
		}
		const beside = {
			scratch,
			meanwhile: () => {
				meanwhile();
				for (const { beginKeys } of parts) beginKeys();
			},
		};
		// Parts that share room have sums.
		const [ofSums, ofKeys] = sums.length > 0 ? [beside, { scratch }] : [{ scratch }, beside];
		await kernels.run("sumQueries", sums, ofSums);
		await accumulate(kernels, all);
		await kernels.run("keyChunks", tasks, ofKeys);
	});
}

const taskOf = (part: number, { from, to, startChunk }: Segment, start: number, empty = 0): Task<"queryChunks"> => ({
	...{ part, from, to, start },
	startChunk: start === 0 ? empty : startChunk,
});

function allocateStates(kernels: OperatorKernels, count: number, length: number): States {
	return { address: kernels.allocate("f64", count * length), length, count };
}

/** Adds to each state all before it. */
async function accumulate(kernels: OperatorKernels, all: readonly States[]): Promise<void> {
	const tasks = all.flatMap(({ address, length, count }): Task<"accumulate">[] =>
		segmentsOf(length, PIECE).map(({ from, to }) => ({
			...{ states: address + 8 * from, count, length: to - from, step: 8 * length },
		})),
	);
	await kernels.run("accumulate", tasks, {});
}
