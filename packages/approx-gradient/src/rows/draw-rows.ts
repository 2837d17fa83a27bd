import { seededRandom } from "@attgrad/matrix-core";

/**
 * min(size, n) different row numbers, ascending: all of them, or drawn without replacement, each row as likely as any other.
 * @param stream name of the stream of random numbers: samples of different streams are independent
 */
export function drawRows(n: number, size: number, seed: number, stream: string): number[] {
	if (size >= n) return Array.from({ length: n }, (_, j) => j);
	const random = seededRandom(seed, stream);
	const drawn = new Set<number>();
	while (drawn.size < size) drawn.add(random.integer(0, n - 1));
	return [...drawn].sort((a, b) => a - b);
}
