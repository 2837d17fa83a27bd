import type { Cell } from "../cell.ts";
import type { Preset } from "../experiment.ts";
import { sizeText } from "../size-text.ts";

/** What of a cell its command tells. */
export interface CommandCell
	extends Pick<Cell, "experiment" | "algorithm" | "n" | "d" | "B" | "distribution" | "seed" | "dtype" | "threads"> {
	readonly epsilon?: number | undefined;
	readonly degree?: number | undefined;
}

/** The `attgrad` command that measures one cell again, and no other, for a POSIX shell. */
export function reproduceCommand(cell: CommandCell, preset: Preset): string {
	const { experiment, algorithm, n, d, B, epsilon, degree, distribution, seed, dtype, threads } = cell;
	const options = { preset, algorithm, n: sizeText(n), d, B, epsilon, degree, distribution, seed, dtype, threads };
	const words = Object.entries(options).flatMap(([name, value]) =>
		value === undefined ? [] : [`--${name}`, shellWord(String(value))],
	);
	return ["npx attgrad sweep", experiment, ...words].join(" ");
}

/** A word in single quotes where a POSIX shell would read it otherwise. */
function shellWord(word: string): string {
	return /^[\w./:=,+^@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
