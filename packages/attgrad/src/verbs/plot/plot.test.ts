import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = join(temporaryFolder(), "scaling");
cpSync(fileURLToPath(new URL("../../../../../results/reference/scaling", import.meta.url)), folder, {
	recursive: true,
	filter: (path) => !/\.(png|svg|html)$/.test(path),
});

test("figures are drawn for a paper in the formats that are asked for, and in no other", async () => {
	const words = ["plot", folder, "--format", "pdf,pgf", "--width", "8.4cm", "--no-title"];
	const { code, stdout, stderr } = await attgrad(words);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const names = ["time-vs-n.pdf", "time-vs-n.pgf", "local-exponent.pdf", "local-exponent.pgf"];
	expect(stdout.trim().split("\n")).toEqual(names.map((name) => join(folder, name)));
	expect(readFileSync(join(folder, "time-vs-n.pdf"), "latin1")).toMatch(/MediaBox \[0 0 238\.11/);
	expect(existsSync(join(folder, "time-vs-n.png"))).toBe(false);
});

test.each([
	[["--format", "eps"], "--format must be among svg, png, pdf, pgf, got eps"],
	[["--width", "3"], "--width must be a length of 1in to 100in like 3.25in, 8.4cm or 246pt, got 3"],
	[["--width", "1mm"], "--width must be a length of 1in to 100in like 3.25in, 8.4cm or 246pt, got 1mm"],
	[["--font", "Helvetica"], "--font must be a file that ends in .ttf or .otf, got Helvetica"],
])("%j is refused in one line", async (words, reason) => {
	const { code, stderr } = await attgrad(["plot", folder, ...words]);
	expect({ code, stderr }).toEqual({ code: 2, stderr: `attgrad plot: ${reason}\n` });
});

test("a folder without rows is refused, after the figures of others", async () => {
	const empty = join(temporaryFolder(), "scaling");
	cpSync(folder, empty, { recursive: true });
	writeFileSync(join(empty, "rows.csv"), readFileSync(join(empty, "rows.csv"), "utf8").replace(/\n[\s\S]*/, "\n"));
	const { code, stdout, stderr } = await attgrad(["plot", empty, folder, "--format", "svg"]);
	expect({ code, stderr }).toEqual({ code: 2, stderr: `attgrad plot: no rows to draw in ${empty}; sweep first\n` });
	expect(stdout).toContain(join(folder, "time-vs-n.svg"));
});
