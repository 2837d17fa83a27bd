#!/usr/bin/env node
// Plain JavaScript that any Node can read: it finds a Node that runs TypeScript, then starts the command.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module, { createRequire } from "node:module";
import { dirname, join } from "node:path";

const source = new URL("../src/main.ts", import.meta.url);
// Only a packed package has it.
const compiled = new URL("../dist/main.js", import.meta.url);
const strips = Boolean(process.features.typescript);
// Where the project's packages are: the same for every file that imports them.
const packages = new Map();
if (existsSync(compiled)) await start(compiled);
else if (strips && Number.parseInt(process.versions.node, 10) >= 24) await start(source);
else {
	const pinned = pinnedNode();
	if (pinned) runAgain(pinned);
	else if (strips) await start(source);
	else {
		console.error(`attgrad: needs Node 24 or later, this is ${process.version}: run npm ci, which brings its own`);
		process.exitCode = 1;
	}
}

async function start(program) {
	module.enableCompileCache?.();
	module.registerHooks?.({ resolve: resolveSource });
	const { main } = await import(program.href);
	await main(process.argv.slice(2));
}

/** An import between two sources names a file, and a package is looked up once: that saves a tenth of the start. */
function resolveSource(specifier, context, next) {
	if (/^\.{1,2}\/.*\.ts$/.test(specifier) && context.parentURL?.startsWith("file:"))
		return { url: new URL(specifier, context.parentURL).href, format: "module-typescript", shortCircuit: true };
	if (!specifier.startsWith("@attgrad/")) return next(specifier, context);
	const known = packages.get(specifier) ?? { ...next(specifier, context), shortCircuit: true };
	packages.set(specifier, known);
	return known;
}

/** The Node that the project's lock file pins, when it is installed and is not the one running. */
function pinnedNode() {
	try {
		const manifest = createRequire(import.meta.url).resolve("node/package.json");
		const path = join(dirname(manifest), "bin", process.platform === "win32" ? "node.exe" : "node");
		return existsSync(path) && path !== process.execPath ? path : undefined;
	} catch {
		return undefined;
	}
}

/** Ctrl-C on a terminal reaches both processes: this one waits for the other to end in its own way. */
function runAgain(node) {
	const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
	process.on("SIGINT", () => {});
	for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
	child.on("error", (error) => {
		console.error(`attgrad: cannot start ${node}: ${error.message}`);
		process.exitCode = 1;
	});
	child.on("exit", (code, signal) => {
		if (!signal) process.exit(code);
		process.removeAllListeners(signal);
		process.kill(process.pid, signal);
	});
}
