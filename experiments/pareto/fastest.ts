import type { Row } from "@attgrad/harness";

/** The error that a title speaks of. */
const target = 1e-6;

/** For each B the fastest algorithm whose error is at most 10⁻⁶, in a sentence. */
export function describeFastest(rows: readonly Row[], error: (row: Row) => number | undefined, what: string): string {
	const fastest = [...Map.groupBy(rows, ({ B }) => B)]
		.sort(([a = 0], [b = 0]) => a - b)
		.flatMap(([B, members]) => {
			const [best] = members
				.flatMap((row) => {
					const [time, off] = [row.time_ms, error(row)];
					return time !== undefined && off !== undefined && off <= target ? [{ time, algorithm: row.algorithm }] : [];
				})
				.sort((a, b) => a.time - b.time);
			return best ? [{ B, name: best.algorithm.split(":")[0] }] : [];
		});
	if (fastest.length === 0) return `No algorithm is ${what}`;
	const parts = [...Map.groupBy(fastest, ({ name }) => name)].map(
		([name, cases]) => `${name === "streaming" ? "exact" : name} at B = ${cases.map(({ B }) => B).join(", ")}`,
	);
	return `Fastest ${what}: ${parts.join("; ")}`;
}
