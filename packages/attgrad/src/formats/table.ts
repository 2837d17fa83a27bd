/** Columns that a table may take: those of the terminal, 80 in a file or a pipe. */
const tableWidth = (): number => Math.min(120, Math.max(50, process.stdout.columns ?? 80));

/**
 * Prints rows of label and value with the values in one column. A value of several lines continues below itself, and so does one that is wider than
 * the terminal.
 */
export function printTable(rows: readonly (readonly [label: string, value: string])[], width = tableWidth()): void {
	const indent = Math.max(...rows.map(([label]) => label.length)) + 2;
	for (const [label, value] of rows) {
		const lines = value.split("\n").flatMap((line) => wrapWords(line, width - indent));
		for (const [at, line] of lines.entries())
			console.log(at === 0 ? label.padEnd(indent) + line : " ".repeat(indent) + line);
	}
}

/** A line as lines of at most `width` characters, broken at blanks; those after the first are further in by two. A longer word stays whole. */
export function wrapWords(line: string, width: number): string[] {
	const lines: string[] = [];
	let current = "";
	for (const word of line.split(" ")) {
		const longer = current === "" ? word : `${current} ${word}`;
		if (current !== "" && longer.length > width) {
			lines.push(current);
			current = `  ${word}`;
		} else current = longer;
	}
	return [...lines, current];
}
