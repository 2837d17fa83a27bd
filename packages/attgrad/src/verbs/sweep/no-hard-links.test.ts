import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();

/** Makes every attempt at a link fail as exFAT, SMB shares and bucket mounts do, in the process of the sweep and in those of its cells. */
const noLinks = join(folder, "no-links.mjs");
writeFileSync(
	noLinks,
	`import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const refused = (name) => () => {
	throw Object.assign(new Error("EPERM: operation not permitted, " + name), { code: "EPERM", errno: -1, syscall: name });
};
for (const name of ["link", "symlink"]) {
	fs[name] = refused(name);
	fs[name + "Sync"] = refused(name);
	fs.promises[name] = async () => refused(name)();
}
syncBuiltinESMExports();
if (process.env.TELL_LINKS) {
	try {
		fs.linkSync("a", "b");
	} catch ({ code }) {
		process.stderr.write(code);
	}
}
`,
);
const node = [process.execPath, "--import", pathToFileURL(noLinks).href];

test("sweep and merge work where there are no hard links and no symbolic ones", async () => {
	const out = join(folder, "runs");
	const words = ["--n", "2^5", "--d", "4", "--B", "1", "--algorithm", "exact", "--out"];
	process.env.NODE_OPTIONS = `--import ${pathToFileURL(noLinks).href}`;
	try {
		process.env.TELL_LINKS = "1";
		expect((await attgrad(["--version"], node)).stderr).toContain("EPERM");
		delete process.env.TELL_LINKS;
		expect(await attgrad(["sweep", "scaling", ...words, out], node)).toMatchObject({ code: 0 });
		expect(await attgrad(["merge", out, "--out", join(folder, "merged")], node)).toMatchObject({ code: 0 });
	} finally {
		delete process.env.NODE_OPTIONS;
		delete process.env.TELL_LINKS;
	}
	const rows = readFileSync(join(folder, "merged/scaling/rows.csv"), "utf8").trim().split("\n");
	expect(rows).toHaveLength(2);
	expect(rows[1]).toContain(",done,");
	// no lock and no temporary file is left
	expect(readdirSync(join(out, "scaling")).filter((name) => /lock|tmp/.test(name))).toEqual([]);
});
