/** Upper left corner of a matrix, a line a row; `…` stands for what is left out. */
export function corner(rows: readonly (readonly number[])[], size = 4): string {
	const lines = rows.slice(0, size).map((row) => {
		const entries = row.slice(0, size).map((x) => x.toExponential(4).padStart(11));
		return entries.join(" ") + (row.length > size ? "  …" : "");
	});
	return lines.join("\n") + (rows.length > size ? `\n${"…".padStart(11)}` : "");
}
