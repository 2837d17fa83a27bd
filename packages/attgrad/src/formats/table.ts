/** Prints rows of label and value with the values in one column; a value of several lines continues below itself. */
export function printTable(rows: readonly (readonly [label: string, value: string])[]): void {
	const width = Math.max(...rows.map(([label]) => label.length)) + 2;
	for (const [label, value] of rows) {
		const [first, ...rest] = value.split("\n");
		console.log(label.padEnd(width) + first);
		for (const line of rest) console.log(" ".repeat(width) + line);
	}
}
