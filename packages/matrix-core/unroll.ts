/**
 * Repeats statements of a kernel source: a line `// unroll r: ROWS, v: 4` puts the statement after it, up to its
 * semicolon, there once for every r below the number named ROWS and every v below 4, the first variable outermost;
 * `$r` and `$v` in the statement stand for the numbers. Registers have no index, so a tile that is to stay in registers is one
 * variable an accumulator: `c$r$v` becomes `c00`, `c01`, …
 * @throws Error for a name that is not among `numbers`, or no statement after the line
 */
export function unroll(source: string, numbers: Readonly<Record<string, number>>): string {
	return source.replace(/^[ \t]*\/\/ unroll (.*)\n([^;]*;)?/gm, (_, variables: string, statement?: string) => {
		if (!statement) throw new Error(`unroll ${variables}: no statement follows`);
		return variables
			.split(",")
			.reduce(
				(copies, variable) => {
					const [name, limit] = variable.split(":").map((word) => word.trim());
					const count = numbers[limit!] ?? Number(limit);
					if (!(Number.isInteger(count) && count >= 0))
						throw new Error(`unroll ${variables}: unknown number: ${limit}`);
					return copies.flatMap((copy) =>
						Array.from({ length: count }, (_, i) => copy.replaceAll(`$${name}`, String(i))),
					);
				},
				[statement],
			)
			.join("\n");
	});
}
