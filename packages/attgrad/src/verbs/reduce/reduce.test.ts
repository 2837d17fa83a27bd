import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { boundMet, readProblem } from "@attgrad/attention-problem";
import { dense } from "@attgrad/exact-gradient";
import { countModels, orthogonalGradient, readDimacs, splitAndList } from "@attgrad/hardness";
import { createRuntime } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const fixture = (name: string) => fileURLToPath(new URL(`../../../../hardness/fixtures/${name}.cnf`, import.meta.url));
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test.concurrent("what reduce writes for a formula decides it: the gradient of the file, decoded", async () => {
	for (const name of ["ksat-8-sat", "ksat-8-unsat"]) {
		const out = join(folder, `${name}.npz`);
		const { code, stderr } = await attgrad(["reduce", fixture(name), "--out", out]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		const { problem } = await readProblem(out);
		const written = readJson(join(folder, `${name}.json`));
		expect(written).toMatchObject({ reduction: "R1a", sizes: { n: problem.n, d: problem.d, calls: 1 }, files: [out] });
		expect(boundMet(problem).B).toBeCloseTo(written.sizes.B, 12);
		const { gradient } = await dense.run(problem, {}, await createRuntime({ kernel: "js" }));
		const { target, back } = orthogonalGradient.reduce(
			splitAndList.reduce(readDimacs(readFileSync(fixture(name), "utf8"))).target,
		);
		const read = { entries: [target.read(0, gradient)], error: { absolute: 0, unitRoundoff: 2 ** -53 } };
		expect(back(read).status).toBe(name === "ksat-8-sat" ? "yes" : "no");
	}
});

test.concurrent("formulas that are made are written beside, and are what was asked for", async () => {
	const unique = join(folder, "unique.npz");
	await attgrad(["reduce", "unique", "--variables", "9", "--seed", "4", "--out", unique]);
	expect(countModels(readDimacs(readFileSync(join(folder, "unique.cnf"), "utf8")))).toBe(1);
	await attgrad(["reduce", "pigeonhole", "--pigeons", "4", "--holes", "3", "--out", join(folder, "holes.npz")]);
	expect(readFileSync(join(folder, "holes.cnf"), "utf8").replace(/^c.*\n/gm, "")).toBe(
		readFileSync(fixture("pigeonhole-4-3"), "utf8").replace(/^c.*\n/gm, ""),
	);
	await attgrad([
		"reduce",
		"random",
		"--variables",
		"8",
		"--ratio",
		"3",
		"--k",
		"2",
		"--out",
		join(folder, "random.npz"),
	]);
	const random = readDimacs(readFileSync(join(folder, "random.cnf"), "utf8"));
	expect([random.variables, random.clauses.length, random.clauses[0].length]).toEqual([8, 24, 2]);
});

test.concurrent("several gradients become several files, and --json tells what is written", async () => {
	const { stdout } = await attgrad([
		"reduce",
		fixture("one-unit"),
		"--reduction",
		"R3",
		"--theta-max",
		"2",
		"--out",
		join(folder, "count.npz"),
		"--json",
	]);
	const told = JSON.parse(stdout);
	expect(told).toEqual(readJson(join(folder, "count.json")));
	expect(told.files).toHaveLength(told.sizes.calls);
	expect(told.sizes.calls).toBeGreaterThan(1);
	for (const file of told.files)
		expect((await readProblem(file)).problem).toMatchObject({ n: told.sizes.n, d: told.sizes.d });
});

test.concurrent.each(["R1b", "R2", "R0"])("a gap instance through %s", async (reduction) => {
	const out = join(folder, `${reduction}.npz`);
	const { code } = await attgrad([
		"reduce",
		"gap",
		"--n",
		"4",
		"--planted",
		"no",
		"--reduction",
		reduction,
		"--out",
		out,
	]);
	expect(code).toBe(0);
	const told = readJson(join(folder, `${reduction}.json`));
	expect(told).toMatchObject({ source: "gap", n: 4, planted: "no", gap: 1, reduction });
	const { problem } = await readProblem(told.files.at(-1));
	expect([problem.n, problem.d]).toEqual([told.sizes.n, told.sizes.d]);
});

const kept = temporaryFolder();
const out = ["--out", join(kept, "p.npz")];

test.concurrent.each<[string, string[], RegExp]>([
	["a gap reduction of a formula", [fixture("odd-7"), "--reduction", "R1b", ...out], /R1b starts from gap instances/],
	[
		"a formula reduction of a gap instance",
		["gap", "--n", "4", "--reduction", "R3", ...out],
		/R3 starts from formulas/,
	],
	["an option of another source", ["gap", "--n", "4", "--variables", "3", ...out], /gap has no option --variables/],
	["an option of a source for a file", [fixture("odd-7"), "--ratio", "3", ...out], /a file has no option --ratio/],
	["a source without its size", ["random", ...out], /--variables is missing/],
	[
		"k above the number of variables",
		["random", "--variables", "2", ...out],
		/k must be a whole number in 1\.\.2, got 3/,
	],
	[
		"X = I for counting",
		[fixture("odd-7"), "--reduction", "R3", "--identity", ...out],
		/--identity belongs to R1a and R1b/,
	],
	["a name that is no .npz", ["gap", "--n", "4", "--out", join(kept, "p.zip")], /--out must end in \.npz/],
	["no file to write", ["gap", "--n", "4"], /--out is missing/],
])("%s is refused in one line", async (_, words, message) => {
	const { code, stdout, stderr } = await attgrad(["reduce", ...words]);
	expect(stderr).toMatch(message);
	expect(stderr).toMatch(/^attgrad reduce: [^\n]+\n$/);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test.concurrent("a formula whose gradient fits in no memory is refused with its size", async () => {
	const { code, stderr } = await attgrad(["reduce", "random", "--variables", "60", ...out]);
	expect(stderr).toMatch(
		/^attgrad reduce: 60 variables and 256 clauses make 2\^30 half-assignments and gradients of about \d+ GiB[^\n]+\n$/,
	);
	expect(code).toBe(1);
});

test("a refused call has written nothing", () => {
	expect(readdirSync(kept)).toEqual([]);
});
