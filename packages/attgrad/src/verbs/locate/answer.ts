import { headColumns, type LocatedHead } from "@attgrad/approx-gradient";
import { shortNumber } from "@attgrad/matrix-core";

/** Relative errors that fit a line; `--json` has all. */
const MOST_COLUMNS = 6;

/** The layer that the heads belong to. */
interface Layer {
	readonly file: string;
	readonly scale: number;
	readonly epsilon: number;
	readonly submatrix: number;
}

/** A table in 80 columns: a line for each head, then the ranks at each relative error. */
export function locationLines({ scale, epsilon, submatrix }: Layer, located: readonly LocatedHead[]): string[] {
	const [first] = located;
	const size = first.n_q === first.n_k ? `n ${first.n_q}` : `n_q ${first.n_q}, n_k ${first.n_k}`;
	const at = shortNumber(epsilon);
	const count = Math.min(submatrix, first.n_q, first.n_k);
	return [
		`${located.length} ${located.length === 1 ? "head" : "heads"}, ${size}, d ${first.d}, scale ${shortNumber(scale)}; relative error ${at} (Frobenius)`,
		"",
		...table([
			headColumns.map(({ name }) => (name === "head" || name === "verdict" ? "" : name)),
			...located.map((head) => headColumns.map(({ text }) => text(head))),
		]),
		"",
		"radius, centred: bound on a row's scores about 0 and the keys' mean, median",
		"directions: score directions that carry 90, 99 and 99.9 % of the variance",
		"keys: e^entropy of the median row; pays from: n where it beats exact attention",
		`least: no approximation of a smaller rank is within ${at}; proved: by certificate`,
		"",
		first.ranks[0].achieved
			? "ranks at each relative error: least that there is, reached, proved"
			: "ranks at each relative error: least that there is, proved",
		...rankTable(located),
		"",
		`least: from the singular values of ${count} x ${count} entries and of the approximation`,
	];
}

/** A line for each head, a column for each relative error. */
function rankTable(located: readonly LocatedHead[]): string[] {
	const [{ ranks }] = located;
	const shown = ranks.slice(0, MOST_COLUMNS);
	const word = (rank: number | null | undefined) => (rank === undefined ? "" : rank === null ? "–" : String(rank));
	return table([
		["head", ...shown.map(({ delta }) => shortNumber(delta))],
		...located.map(({ index, ranks }) => [
			String(index),
			...ranks
				.slice(0, MOST_COLUMNS)
				.map(({ least, proven, achieved }) =>
					[String(least), ...(achieved ? [word(achieved.hybrid)] : []), word(proven.hybrid)].join(" "),
				),
		]),
	]);
}

/** Cells in columns, the first two to the left. */
function table(rows: readonly (readonly string[])[]): string[] {
	const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
	return rows.map((row) =>
		row
			.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
			.join(" ")
			.trimEnd(),
	);
}
