#!/usr/bin/env node
// Adds to package-lock.json the optional platform packages that npm left out because the registry
// at hand does not carry them (macOS and Windows binaries of turbo and biome). Without the entries
// `npm ci` refuses the lock, and other platforms would install no binary at all.
// Leaves out what the dependencies say about the Node they want: everything here runs on the Node that is pinned as a
// dependency, and npm, which runs on the machine's own, would only warn about the wrong one.
// It runs before anything is installed, too: it imports nothing of the project.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const words = process.argv.slice(2);
if (words.includes("--help") || words.includes("-h")) {
	console.log(`usage: npm run lock

Adds to package-lock.json, or another file that is given, the packages of other platforms that npm left out. Idempotent.`);
	process.exit(0);
}
const file = words.at(-1) ?? "package-lock.json";
const unknown = words.find((word) => word.startsWith("-"));
if (unknown !== undefined || !existsSync(file)) {
	console.error(`lock: ${unknown === undefined ? `no file ${file}` : `unknown option: ${unknown} (see --help)`}`);
	process.exit(2);
}
const lock = JSON.parse(readFileSync(file, "utf8"));
const platform =
	/(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32|windows)-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64|64)(?:-(musl|gnu|msvc))?$/;
let added = 0;
for (const [path, entry] of Object.entries({ ...lock.packages })) {
	for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
		const nested = `${path}/node_modules/${name}`;
		const hoisted = `node_modules/${name}`;
		if (lock.packages[nested] || lock.packages[hoisted]) continue;
		const match = platform.exec(name);
		if (!match || !/^\d/.test(version)) {
			console.error(`complete-lockfile: ${name}@${version}: no platform in its name, left out`);
			continue;
		}
		const [, os, cpu, libc] = match;
		lock.packages[hoisted] = {
			version,
			cpu: [cpu === "64" ? "x64" : cpu],
			...(entry.dev ? { dev: true } : {}),
			...(libc === "musl" ? { libc: ["musl"] } : {}),
			optional: true,
			os: [os === "windows" ? "win32" : os],
		};
		added++;
	}
}
for (const [path, entry] of Object.entries(lock.packages)) if (path.includes("node_modules/")) delete entry.engines;
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
console.error(`complete-lockfile: ${added} entries added`);
