import type { Row } from "../row.ts";

/** The circumstances that rows have in common, for the line below a title; of sizes that differ, the range. */
export function describeRegime(rows: readonly Row[]): string {
	const shared = (column: keyof Row, write: (value: string) => string, ranges = false): string[] => {
		const values = [...new Set(rows.flatMap((row) => row[column] ?? []))].filter((value) => value !== "");
		if (values.length === 1) return [write(String(values[0]))];
		const numbers = values.filter((value) => typeof value === "number");
		return ranges && numbers.length > 1 ? [write(`${Math.min(...numbers)} to ${Math.max(...numbers)}`)] : [];
	};
	return [
		...shared("n", (n) => `n = ${Number(n).toLocaleString("en")}`),
		...shared("d", (d) => `d = ${d}`, true),
		...shared("B", (B) => `B = ${B}`, true),
		...shared("epsilon", (epsilon) => `ε = ${epsilon}`, true),
		...shared("degree", (degree) => `degree ${degree}`),
		...shared("rank", (rank) => `K = ${rank}`),
		...shared("distribution", (distribution) => `${distribution} entries`),
		...shared("dtype", (dtype) => (dtype === "f64" ? "float64" : "float32")),
		...shared("threads", (threads) => `${threads} thread${threads === "1" ? "" : "s"}`),
		...shared("kernel", (kernel) => `kernel ${kernel}`),
		...shared("machine", (machine) => machine),
	].join(" · ");
}
