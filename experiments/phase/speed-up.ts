import type { Row } from "@attgrad/harness";

/** Time of the exact gradient over that of the polynomial in `row`, at the same n and d; unknown where exact was not measured. */
export function speedUp(row: Row, rows: readonly Row[]): number | undefined {
	const exact = rows.find(({ algorithm, n, d }) => algorithm === "streaming" && n === row.n && d === row.d);
	return exact?.time_ms === undefined || row.time_ms === undefined ? undefined : exact.time_ms / row.time_ms;
}

/** The largest speed-up, and the largest B at which the polynomial is faster for some n, by width. */
export function describePhase(rows: readonly Row[]): string {
	const points = rows.flatMap((row) => {
		const value = row.algorithm === "polynomial/moment" ? speedUp(row, rows) : undefined;
		return value === undefined || row.B === undefined ? [] : [{ d: row.d, B: row.B, value }];
	});
	if (points.length === 0) return "Time of exact over time of the certified polynomial";
	const best = Math.max(...points.map(({ value }) => value));
	const reach = [...Map.groupBy(points, ({ d }) => d)]
		.sort(([a], [b]) => a - b)
		.map(([d, members]) => {
			const faster = members.filter(({ value }) => value > 1).map(({ B }) => B);
			return faster.length > 0 ? `to B = ${Math.max(...faster)} at d = ${d}` : `never at d = ${d}`;
		});
	return `The certified polynomial is faster up ${reach.join(", ")}; at most ${Number(best.toPrecision(2))} times`;
}
