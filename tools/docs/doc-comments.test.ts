import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** A declaration that a module exports under a name. */
interface Declared {
	readonly file: string;
	readonly line: number;
	/** The comment that ends on the line before; empty where there is none. */
	readonly comment: string;
}

/** Names that a module passes on, with the module that has them: `export { a, type B } from "./file.ts"`. */
function passedOn(text: string): { name: string; from: string }[] {
	return Array.from(text.matchAll(/^export (?:type )?\{([^}]*)\} from "(\.[^"]*)";/gm)).flatMap(([, names, from]) =>
		names
			.split(",")
			.map((name) => name.trim().replace(/^type /, ""))
			.filter((name) => name !== "")
			.map((name) => ({ name: name.split(" as ")[0], from: from })),
	);
}

/** Where a module, or one that it passes a name on from, declares the name. */
function declaration(file: string, name: string): Declared | undefined {
	const text = readFileSync(file, "utf8");
	const further = passedOn(text).find((passed) => passed.name === name);
	if (further) return declaration(join(dirname(file), further.from), name);
	const lines = text.split("\n");
	const line = lines.findIndex((code) =>
		new RegExp(
			`^export (declare )?(async )?(abstract )?(function\\*?|const|let|class|interface|type|enum) ${name}\\b`,
		).test(code),
	);
	if (line < 0) return undefined;
	// biome's suppressions stand between a comment and what it is about
	let end = line - 1;
	while (lines[end]?.startsWith("// biome-ignore")) end--;
	if (!lines[end]?.trim().endsWith("*/")) return { file, line: line + 1, comment: "" };
	let start = end;
	while (!lines[start].trim().startsWith("/**") && start > 0) start--;
	return { file, line: line + 1, comment: lines.slice(start, end + 1).join("\n") };
}

const faces = globSync("packages/*/src/{index,testing}.ts", { cwd: root }).map((path) => join(root, path));

test.each(faces.map((face) => [relative(root, face), face]))("every name of %s has a doc comment", (_, face) => {
	const text = readFileSync(face, "utf8");
	const own = Array.from(text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm));
	const names = [...passedOn(text).map(({ name }) => name), ...own.map(([, name]) => name!)];
	expect(names.length).toBeGreaterThan(0);
	const found = names.map((name) => ({ name, at: declaration(face, name) }));
	expect(found.filter(({ at }) => !at).map(({ name }) => name)).toEqual([]);
	const bare = found.filter(({ at }) => at!.comment === "");
	expect(bare.map(({ name, at }) => `${relative(root, at!.file)}:${at!.line} ${name}`)).toEqual([]);
});

test("a package passes everything on by name, so that the check above sees it", () => {
	for (const face of faces) {
		const stars = Array.from(readFileSync(face, "utf8").matchAll(/^export \* (?:as \w+ )?from "([^"]*)"/gm));
		for (const [, from] of stars) expect(existsSync(join(dirname(face), from))).toBe(true);
		for (const [, from] of stars) {
			const text = readFileSync(join(dirname(face), from), "utf8");
			for (const [, name] of text.matchAll(/^export (?:async )?(?:function|const|class|interface|type) (\w+)/gm))
				expect(declaration(join(dirname(face), from), name)?.comment, `${from} ${name}`).not.toBe("");
		}
	}
});
