import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

/** Stops with one line and exit code 2. */
export function refuse(script: string, reason: string): never {
	console.error(`${script}: ${reason}`);
	process.exit(2);
}

/** A name from the command line, in the forms that code takes, and the project's root. */
export interface ScaffoldName {
	/** `my-method`. */
	readonly name: string;
	/** `myMethod`. */
	readonly identifier: string;
	readonly root: string;
}

/** Reads `NAME [--root FOLDER]`; refuses what is no name of lower-case words joined by dashes. */
export function scaffoldName(script: string): ScaffoldName {
	const { values, positionals } = parseArgs({
		options: { root: { type: "string", default: join(import.meta.dirname, "../..") } },
		allowPositionals: true,
	});
	const [name, ...others] = positionals;
	if (name === undefined || others.length > 0)
		refuse(script, `takes one name, got ${positionals.length}: npm run ${script} my-name`);
	if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) refuse(script, `the name must be like my-name, got ${name}`);
	const identifier = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
	return { name, identifier, root: values.root };
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
