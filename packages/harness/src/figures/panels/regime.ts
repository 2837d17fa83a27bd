import type { Row } from "../../cells/index.ts";
import { numberText } from "../scales/number-text.ts";

/** How a column is told: the value that all rows have, and what to say where they differ. */
interface Condition {
	readonly column: keyof Row;
	write(value: string): string;
	/** The range of numbers that differ, every one of few values, or nothing. @default nothing */
	readonly differing?: "range" | "each";
}

/** Most values that are told one by one. */
const fewest = 3;

const conditions: readonly Condition[] = [
	{ column: "n", write: (n) => `n = ${n}` },
	{ column: "d", write: (d) => `d = ${d}`, differing: "range" },
	{ column: "B", write: (B) => `B = ${B}`, differing: "range" },
	{ column: "epsilon", write: (epsilon) => `ε = ${epsilon}`, differing: "range" },
	{ column: "relative", write: (relative) => `relative error ${relative}`, differing: "range" },
	{ column: "degree", write: (degree) => `degree ${degree}` },
	{ column: "rank", write: (rank) => `K = ${rank}` },
	{ column: "distribution", write: (distribution) => `${distribution} entries` },
	{ column: "dtype", write: (dtype) => dtype.replaceAll(/f(\d+)/g, "float$1"), differing: "each" },
	{ column: "threads", write: (threads) => `${threads} thread${threads === "1" ? "" : "s"}`, differing: "range" },
	{ column: "kernel", write: (kernel) => `kernel ${kernel}`, differing: "each" },
	{ column: "machine", write: (machine) => machine.replace(/ \(family [^)]*\)/, "") },
];

/**
 * The conditions that rows have in common, for the line below a title; of sizes that differ, the range.
 * @param without columns that mean something else in these rows, or nothing
 */
export function describeRegime(rows: readonly Row[], without: readonly (keyof Row)[] = []): string {
	return conditions
		.filter(({ column }) => !without.includes(column))
		.flatMap(({ column, write, differing }) => {
			const values = [...new Set(rows.map((row) => row[column]))].filter(
				(value) => value !== undefined && value !== "",
			);
			const numbers = values.filter((value) => typeof value === "number");
			if (values.length === 0) return [];
			if (values.length === 1) return [write(written(values[0]))];
			if (differing === "range" && numbers.length > 1)
				return [write(`${written(Math.min(...numbers))} to ${written(Math.max(...numbers))}`)];
			return differing === "each" && values.length <= fewest
				? [write(values.map((value) => written(value)).join(" and "))]
				: [];
		})
		.join(" · ");
}

/** One condition: `d = 4`. */
export function describeCondition(column: keyof Row, value: Row[keyof Row]): string {
	const condition = conditions.find((one) => one.column === column);
	return condition ? condition.write(written(value)) : `${column} ${written(value)}`;
}

function written(value: Row[keyof Row]): string {
	return typeof value === "number" ? numberText(value) : String(value);
}
