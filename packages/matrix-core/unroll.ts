/**
 * Two additions to the language of kernels, as comment lines, because registers have no index: a tile that is to stay in
 * registers is one variable an accumulator.
 *
 * - `// each R: 4, ROWS` puts the top-level function after it there once for each of the numbers; `$R` stands for the number.
 * - `// unroll r: ROWS, v: 4` puts the statement after it, up to its semicolon, there once for every r below the number
 *   named ROWS and every v below 4, the first variable outermost: `c$r$v` becomes `c00`, `c01`, … Statements that store
 *   vectors come the last first: where V8 joins two stores of which the lower address comes first, it stores that half twice.
 *
 * Lines may end in CR LF.
 *
 * @param numbers values of the names
 * @throws Error for a name that is not among `numbers`, or where nothing follows the line
 */
export function unroll(source: string, numbers: Readonly<Record<string, number>>): string {
	const numberOf = (word: string) => {
		const value = numbers[word.trim()] ?? Number(word);
		if (!(Number.isInteger(value) && value >= 0)) throw new Error(`unroll: unknown number: ${word.trim()}`);
		return value;
	};
	const functions = source
		.replaceAll("\r\n", "\n")
		.replace(/^\/\/ each (\w+): (.*)\n([\s\S]*?\n\}\n)/gm, (_, name: string, values: string, text: string) =>
			values
				.split(",")
				.map((value) => text.replaceAll(`$${name}`, String(numberOf(value))))
				.join("\n"),
		);
	return functions.replace(/^[ \t]*\/\/ unroll (.*)\n([^;]*;)?/gm, (_, variables: string, statement?: string) => {
		if (!statement) throw new Error(`unroll ${variables}: no statement follows`);
		let copies = [statement];
		for (const variable of variables.split(",")) {
			const [name, limit] = variable.split(":") as [string, string];
			const values = Array.from({ length: numberOf(limit) }, (_, i) => String(i));
			copies = copies.flatMap((copy) => values.map((value) => copy.replaceAll(`$${name.trim()}`, value)));
		}
		return (statement.includes("v128.store(") ? copies.reverse() : copies).join("\n");
	});
}
