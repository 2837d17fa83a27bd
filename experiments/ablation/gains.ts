import type { Row } from "@attgrad/harness";

/** The baseline of the comparison. */
const whole = "polynomial/moment:certificate=a-priori";

/** The largest factors in rank and time that a choice is worth, over the cases of the rows. */
export function describeGains(rows: readonly Row[]): string {
	const factor = (spelling: string, column: "rank" | "time_ms", against = whole): number | undefined => {
		const factors = rows.flatMap((row) => {
			const base = rows.find(
				(other) =>
					other.algorithm === against &&
					other.distribution === row.distribution &&
					other.d === row.d &&
					other.B === row.B,
			);
			const [value, usual] = [row[column], base?.[column]];
			return row.algorithm === spelling && value !== undefined && usual !== undefined ? [value / usual] : [];
		});
		return factors.length > 0 ? Math.max(...factors) : undefined;
	};
	const parts = [
		["centring", factor("ablated:variant=uncentred", "rank"), "in rank"],
		["Chebyshev over Taylor", factor(`${whole},basis=taylor`, "rank"), "in rank"],
		[
			"the moment route",
			factor("polynomial/paper:certificate=a-priori", "time_ms", "ablated:variant=typescript"),
			"in time",
		],
	] as const;
	const said = parts.flatMap(([what, value, of]) =>
		value === undefined ? [] : [`${what} up to ${Number(value.toPrecision(2)).toLocaleString("en")} times ${of}`],
	);
	return said.length > 0 ? `Worth at the same certified error: ${said.join(", ")}` : "What each choice is worth";
}
