import { type Cell, sizeText } from "../../cells/index.ts";
import { type Preset, wallLimit } from "../../experiment/index.ts";
import type { RunInfo } from "../../store/index.ts";

/** The part of a cell that its command names. */
export interface CommandCell
	extends Pick<Cell, "experiment" | "algorithm" | "n" | "d" | "B" | "distribution" | "seed" | "dtype" | "threads"> {
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
	readonly degree?: number | undefined;
}

/**
 * The `attgrad` command that measures one cell again, and no other, for a POSIX shell. It goes to a folder of its own and
 * throws away what is there, so that the cell is measured whatever was before, and results are left as they are.
 */
export function reproduceCommand(cell: CommandCell, preset: Preset): string {
	const { experiment, algorithm, n, d, B, epsilon, relative, degree, distribution, seed, dtype, threads } = cell;
	const axes = { n: sizeText(n), d, B, epsilon, relative, degree, distribution, seed, dtype, threads };
	return sweepCommand(experiment, { preset, ...algorithmFlags([algorithm]), ...axes });
}

/** The command that measures a whole run again. */
export function reproduceRun({ experiment, preset, settings }: Pick<RunInfo, "experiment" | "preset" | "settings">) {
	const { overrides = {}, jobs = 1, timeLimit, cellTimeout } = settings as RunSettings;
	const { algorithm, ...axes } = overrides;
	return sweepCommand(experiment, {
		preset,
		...(algorithm !== undefined && algorithmFlags([algorithm].flat().map(String))),
		...Object.fromEntries(Object.entries(axes).map(([axis, values]) => [axis, [values].flat().join(",")])),
		...(timeLimit && { "time-limit": `${timeLimit / 1000}s` }),
		...(cellTimeout &&
			(timeLimit === undefined || cellTimeout !== wallLimit(timeLimit)) && {
				"cell-timeout": `${cellTimeout / 1000}s`,
			}),
		...(jobs > 1 && { jobs }),
	});
}

/** Settings of a run that a command can say. */
interface RunSettings {
	readonly overrides?: Readonly<Record<string, unknown>>;
	readonly jobs?: number;
	readonly timeLimit?: number;
	readonly cellTimeout?: number;
}

const COMMAND = "command:";

/** A program of one's own has a flag of its own, which takes commas. */
function algorithmFlags(spellings: readonly string[]) {
	const named = spellings.filter((spelling) => !spelling.startsWith(COMMAND));
	const program = spellings.find((spelling) => spelling.startsWith(COMMAND))?.slice(COMMAND.length);
	return { algorithm: named.length > 0 ? named.join(",") : undefined, command: program };
}

function sweepCommand(experiment: string, options: Readonly<Record<string, string | number | undefined>>): string {
	const words = Object.entries(options).flatMap(([name, value]) =>
		value === undefined ? [] : [`--${name}`, shellWord(String(value))],
	);
	return ["npx attgrad sweep", experiment, ...words, "--fresh --out again"].join(" ");
}

/** A word in single quotes where a POSIX shell would read it otherwise. */
function shellWord(word: string): string {
	return /^[\w./:=,+^@%-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
