import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { required, scriptArguments, text } from "@attgrad/matrix-core/script-arguments";

/** A name from the command line, in the forms that code takes, and the project's root. */
export interface ScaffoldName {
	/** `my-method`. */
	readonly name: string;
	/** `myMethod`. */
	readonly identifier: string;
	readonly root: string;
}

/**
 * Reads `NAME [--root FOLDER]`.
 * @param kind of what is written: `algorithm`
 * @throws UsageError for what is no name of lower-case words joined by dashes
 */
export function scaffoldName(kind: string, summary: string): ScaffoldName {
	const { name, root = join(import.meta.dirname, "../..") } = scriptArguments({
		call: `npm run new:${kind}`,
		summary,
		positionals: { name: required(text("lower-case words joined by dashes: my-name")) },
		options: { root: text("the project's root; this one where none is given", { form: "folder" }) },
	});
	if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw new UsageError(`the name must be like my-name, got ${name}`);
	const identifier = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
	return { name, identifier, root };
}

/** Writes files, given with their text, formats them, and prints what to do next. */
export function writeScaffold(
	{ root }: ScaffoldName,
	files: Readonly<Record<string, string>>,
	next: readonly string[],
): void {
	for (const [path, text] of Object.entries(files)) {
		mkdirSync(dirname(path), { recursive: true });
		writeFileSync(path, text);
	}
	const sources = Object.keys(files).filter((path) => path.endsWith(".ts"));
	const formatted = spawnSync(
		join(import.meta.dirname, "../../node_modules/.bin/biome"),
		["check", "--write", ...sources],
		{
			cwd: root,
			encoding: "utf8",
			shell: process.platform === "win32",
		},
	);
	if (formatted.status !== 0) console.error(`not formatted: ${formatted.error?.message ?? formatted.stderr}`);
	console.log(
		`written:\n${Object.keys(files)
			.map((file) => `  ${file}`)
			.join("\n")}`,
	);
	console.log(`next:\n${next.map((line) => `  ${line}`).join("\n")}`);
}
