import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";

/** Largest file that a command names and whose content counts as its source. */
const largestSource = 2 ** 20;

/** A word of a command as a shell reads it: blanks end it, unless they are quoted or escaped; operators stand alone. */
const wordPattern = /(?:\\[\s\S]|'[^']*'|"(?:\\[\s\S]|[^"\\])*"|[^\s;&|()<>'"\\])+|[;&|()<>\n]/g;

/** Operators that begin another command. */
const operators = new Set([";", "&", "|", "(", ")", "\n"]);

/**
 * Hashes of the files that a command names, by the word that names each: quotes, escapes and variables are read as a
 * shell reads them, and words after `cd` are looked up in its folder. A file that cannot be read counts as such.
 */
export function filesOfCommand(text: string): Record<string, string> {
	const files: Record<string, string> = {};
	let folder = ".";
	let isFirst = true;
	let isChange = false;
	for (const [word] of text.matchAll(wordPattern)) {
		if (operators.has(word)) {
			isFirst = true;
			isChange = false;
			continue;
		}
		const plain = unquoted(word);
		if (isChange) folder = resolve(folder, plain);
		isChange = isFirst && plain === "cd";
		isFirst = false;
		const hash = hashOfFile(resolve(folder, plain));
		if (hash !== undefined) files[word] = hash;
	}
	return files;
}

/** A word without its quotes and escapes, with the variables of the environment that it names. */
function unquoted(word: string): string {
	return word.replaceAll(
		/\\([\s\S])|'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\$\{?(\w+)\}?/g,
		(_, escaped, single, double, name) => {
			if (escaped !== undefined) return escaped;
			if (single !== undefined) return single;
			if (double !== undefined) return withVariables(double.replaceAll(/\\(["\\$`])/g, "$1"));
			return process.env[name] ?? "";
		},
	);
}

const withVariables = (text: string) => text.replaceAll(/\$\{?(\w+)\}?/g, (_, name) => process.env[name] ?? "");

/** Undefined where the word names no file: no name at all, too long a name, a folder, a program of more than 1 MiB. */
function hashOfFile(path: string): string | undefined {
	try {
		const found = statSync(path);
		if (!found.isFile() || found.size > largestSource) return undefined;
	} catch {
		return undefined;
	}
	try {
		return createHash("sha256").update(readFileSync(path)).digest("hex").slice(0, 16);
	} catch {
		return "cannot be read";
	}
}
