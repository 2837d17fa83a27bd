import type { Argument } from "./argument.ts";
import type { Script } from "./read-arguments.ts";

const WIDTH = 100;
/** Descriptions stand in this column, or in the next line where a name is longer. */
const COLUMN = 24;

/** The help of a script: how it is called, what it does, its arguments with their defaults; lines of at most 100 characters where words allow it. */
export function scriptHelp({ call, summary, positionals = {}, options = {} }: Script): string {
	const words = Object.entries(positionals).map(([name, { isRequired, isMany }]) => {
		const repeated = isMany ? `${name}...` : name;
		return isRequired ? `<${repeated}>` : `[${repeated}]`;
	});
	// npm keeps words before -- to itself.
	const usage = [call, ...(call.startsWith("npm ") ? ["--"] : []), ...words, "[options]"].join(" ");
	const named = Object.entries(positionals).map(([name, argument]) => entry(name, argument));
	const optional = Object.entries(options).map(([name, argument]) =>
		entry([`--${name}`, ...(argument.form === undefined ? [] : [`<${argument.form}>`])].join(" "), argument),
	);
	return [
		`usage: ${usage}`,
		...summary.split(/\n\n+/).map((paragraph) => wrapped(paragraph, WIDTH).join("\n")),
		...(named.length > 0 ? [["arguments:", ...named].join("\n")] : []),
		["options:", ...optional, line("-h, --help", "print this help and do nothing else")].join("\n"),
	].join("\n\n");
}

function entry(name: string, { description, default: usual, isRequired }: Argument<unknown>): string {
	const end = isRequired ? " (required)" : usual === undefined ? "" : ` (default: ${usual})`;
	return line(name, description + end);
}

function line(name: string, description: string): string {
	const start = `  ${name}`;
	const lines = wrapped(description, WIDTH - COLUMN).map((text) => " ".repeat(COLUMN) + text);
	return start.length < COLUMN - 1
		? [start.padEnd(COLUMN) + (lines[0] ?? "").trimStart(), ...lines.slice(1)].join("\n")
		: [start, ...lines].join("\n");
}

/** Lines of a text that are at most so wide, of whole words. */
function wrapped(text: string, width: number): string[] {
	const lines: string[] = [];
	for (const word of text.trim().split(/\s+/)) {
		const last = lines.at(-1);
		if (last === undefined || last.length + 1 + word.length > width) lines.push(word);
		else lines[lines.length - 1] = `${last} ${word}`;
	}
	return lines;
}
