// `npm pack` runs this in a package's folder before and after: packages are TypeScript here and compiled JavaScript with
// types where they are installed. Before: `dist/`, the licence, and the `package.json` that is packed. After: all as it was.
import { execFileSync } from "node:child_process";
import {
	copyFileSync,
	cpSync,
	existsSync,
	globSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { type Manifest, packedManifest } from "./manifest.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = process.cwd();
/** The `package.json` of the repository, put aside while the packed one stands in its place. */
const aside = join(folder, "package.json.aside");
const manifest = join(folder, "package.json");

const usage = "usage: node tools/pack/pack.ts before|after, in the folder of a package that npm packs";
// Read by hand: between the steps no package of the project can be relied on.
const words = process.argv.slice(2);
const [step] = words;
if (words.includes("--help") || words.includes("-h")) console.log(usage);
else if (words.length === 1 && step === "before") before();
else if (words.length === 1 && step === "after") after();
else {
	console.error(`pack: the step must be before or after, got ${words.join(" ") || "none"}`);
	process.exitCode = 2;
}

function before(): void {
	if (existsSync(aside)) after();
	const sources = existsSync(join(folder, "src")) ? "./src/" : "./";
	const packed = packedManifest(JSON.parse(readFileSync(manifest, "utf8")) as Manifest, sources);
	rmSync(join(folder, "dist"), { recursive: true, force: true });
	compileInto(join(folder, "dist"), join(folder, sources));
	copyFileSync(join(root, "LICENSE"), join(folder, "LICENSE"));
	renameSync(manifest, aside);
	writeFileSync(manifest, `${JSON.stringify(packed, null, "\t")}\n`);
}

function after(): void {
	if (existsSync(aside)) renameSync(aside, manifest);
	for (const made of ["dist", "LICENSE"]) rmSync(join(folder, made), { recursive: true, force: true });
}

/** Compiles the whole repository, which takes a second or two, and takes one package's part of it. */
function compileInto(target: string, sources: string): void {
	const all = mkdtempSync(join(tmpdir(), "attgrad-dist-"));
	try {
		const compiler = join(root, "node_modules/typescript/bin/tsc");
		execFileSync(process.execPath, [compiler, "-p", join(root, "tsconfig.dist.json"), "--outDir", all], {
			stdio: "inherit",
		});
		cpSync(join(all, relative(root, sources)), target, { recursive: true });
		// Files that are not compiled: the programs and the style of pages that a package writes.
		for (const file of globSync("src/**/*.{js,css}", { cwd: folder }))
			cpSync(join(folder, file), join(target, relative("src", file)));
		// The compiler rewrites the names of modules in code, and leaves them in declarations.
		for (const file of globSync("**/*.d.ts", { cwd: target }).map((name) => join(target, name)))
			writeFileSync(file, readFileSync(file, "utf8").replaceAll(/(["'])(\.\.?\/[^"']*)\.ts\1/g, "$1$2.js$1"));
	} finally {
		rmSync(all, { recursive: true, force: true });
	}
}
