import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type Formula, readDimacs, satisfies } from "@attgrad/hardness";
import { describe, expect, test } from "vitest";
import answers from "../../../../hardness/fixtures/answers.json" with { type: "json" };
import { attgrad, temporaryFolder } from "../../testing/command.ts";
import { solutionLines } from "./answer.ts";

const fixture = (name: string) => fileURLToPath(new URL(`../../../../hardness/fixtures/${name}.cnf`, import.meta.url));

/** The assignment of the `v` lines, which must name every variable once and end with 0. */
function assignmentOf(stdout: string, { variables }: Formula): boolean[] {
	const literals = Array.from(stdout.matchAll(/^v (.*)$/gm), ([, line]) => line.split(" ").map(Number)).flat();
	expect(literals.pop()).toBe(0);
	expect(literals.map(Math.abs)).toEqual(Array.from({ length: variables }, (_, v) => v + 1));
	return literals.map((literal) => literal > 0);
}

const solved = ["ksat-8-unsat", "ksat-12-sat", "odd-7", "empty-formula", "one-unit"] as const;

test.concurrent.each(solved)("%s is solved in the format and with the exit code of the competitions", async (name) => {
	const { models } = answers[name];
	const { code, stdout, stderr } = await attgrad(["solve", fixture(name)]);
	expect(stderr).toBe("");
	expect(code).toBe(models > 0 ? 10 : 20);
	const lines = stdout.trimEnd().split("\n");
	expect(lines.every((line) => /^[csv] /.test(line) && line.length < 140)).toBe(true);
	expect(lines.filter((line) => line.startsWith("s "))).toEqual([models > 0 ? "s SATISFIABLE" : "s UNSATISFIABLE"]);
	expect(stdout).toMatch(/^c n \d+, d \d+, B [\d.]+, B\/sqrt\(ln n\) [\d.]+, epsilon [\d.e-]+$/m);
	expect(stdout).toMatch(/^c calls \d+, /m);
	expect(stdout).toMatch(/^c time \d+\.\d+ s$/m);
	const formula = readDimacs(readFileSync(fixture(name), "utf8"));
	if (models > 0) expect(satisfies(formula, assignmentOf(stdout, formula))).toBe(true);
	else expect(stdout).not.toMatch(/^v/m);
});

test.concurrent.each([
	["ksat-8-unsat", [], 20],
	["ksat-12-sat", [], 10],
	["ksat-12-sat", ["--count"], 10],
] as const)("%s %j is decided by auto, whatever it picks", async (name, words, exit) => {
	const { code, stdout } = await attgrad(["solve", fixture(name), "--oracle", "auto", ...words]);
	expect({ code, stdout }).toMatchObject({ code: exit, stdout: expect.not.stringContaining("Infinity") });
});

test.concurrent.each(["ksat-12-sat", "pigeonhole-4-3", "empty-formula"] as const)(
	"the models of %s are counted",
	async (name) => {
		const { models } = answers[name];
		const { code, stdout } = await attgrad(["solve", fixture(name), "--count"]);
		expect(stdout).toMatch(new RegExp(`^s mc ${models}$`, "m"));
		expect(code).toBe(models > 0 ? 10 : 20);
	},
);

test.concurrent("--json prints one object with the model as literals", async () => {
	const { code, stdout } = await attgrad(["solve", fixture("ksat-10-unique"), "--json", "--oracle", "dense"]);
	expect(code).toBe(10);
	const answer = JSON.parse(stdout);
	expect(answer).toMatchObject({
		status: "satisfiable",
		variables: 10,
		clauses: 45,
		reduction: "R1a",
		oracle: "dense",
		calls: 1,
	});
	expect(answer.sizes).toMatchObject({ calls: 1, ratio: answer.sizes.B / Math.sqrt(Math.log(answer.sizes.n)) });
	expect(answer.assignment.map(Math.abs)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test.concurrent("R3 finds a model too, by counting in halves", async () => {
	const { code, stdout } = await attgrad(["solve", fixture("odd-7"), "--reduction", "R3"]);
	expect(code).toBe(10);
	const formula = readDimacs(readFileSync(fixture("odd-7"), "utf8"));
	expect(satisfies(formula, assignmentOf(stdout, formula))).toBe(true);
});

describe("unknown answers exit 0 and say why", () => {
	test.concurrent("noise above what the reduction allows", async () => {
		const { code, stdout } = await attgrad(["solve", fixture("ksat-8-unsat"), "--noise", "adversarial:0.01"]);
		expect(code).toBe(0);
		expect(stdout).toMatch(/^c unknown: read .* an oracle error below [\d.e-]+ decides$/m);
		expect(stdout).toMatch(/^s UNKNOWN$/m);
	});

	test.concurrent("an amplification beyond double precision", async () => {
		const { code, stdout } = await attgrad([
			"solve",
			fixture("ksat-12-sat"),
			"--count",
			"--theta-max",
			"0.5",
			"--json",
		]);
		expect(code).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject({
			status: "unknown",
			reason: expect.stringMatching(/magnified by .*theta-max/),
		});
	});
});

test.concurrent("noise just below what the reduction allows changes nothing", async () => {
	for (const [name, code] of [
		["ksat-8-unsat", 20],
		["ksat-10-unique", 10],
	] as const) {
		const exact = JSON.parse((await attgrad(["solve", fixture(name), "--json"])).stdout);
		for (const kind of ["adversarial", "random"]) {
			const noisy = await attgrad([
				"solve",
				fixture(name),
				"--noise",
				`${kind}:${0.999 * exact.sizes.epsilon}`,
				"--json",
			]);
			expect(noisy.code).toBe(code);
			expect(JSON.parse(noisy.stdout)).toMatchObject({
				status: exact.status,
				...(code === 10 && { assignment: exact.assignment }),
			});
		}
	}
});

test.concurrent("what takes long is told before", async () => {
	const file = join(temporaryFolder(), "32.cnf");
	writeFileSync(file, "p cnf 32 1\n1 2 0\n");
	const { code, stderr, stdout } = await attgrad(["solve", file, "--oracle", "dense"]);
	expect(stderr).toMatch(/^attgrad solve: 32 variables make gradients of up to 196,608 rows; [^\n]+\n$/);
	expect(stdout).toMatch(/^c n 196608, /m);
	// The oracle refuses: no gradient of this size was made for the test.
	expect(code).toBe(0);
});

test("a formula may come through a pipe", () => {
	const command = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
	const pipe = `printf 'p cnf 2 2\\n1 0\\n-1 0\\n' | "$0" "$1" solve /dev/stdin`;
	const ended = spawnSync("sh", ["-c", pipe, process.execPath, command], { encoding: "utf8" });
	expect(ended.stdout).toMatch(/^s UNSATISFIABLE$/m);
	expect(ended.status).toBe(20);
});

const folder = temporaryFolder();

describe("a formula may be", () => {
	const text = readFileSync(fixture("ksat-8-unsat"));
	const utf16 = Buffer.from(`\uFEFF${text}`, "utf16le");
	test.concurrent.each([
		["compressed by gzip", gzipSync(text)],
		["in UTF-16, low byte first", utf16],
		["in UTF-16, high byte first", Buffer.from(utf16).swap16()],
		["in UTF-16 and compressed", gzipSync(utf16)],
		["in UTF-8 with a byte order mark", Buffer.from(`\uFEFF${text}`)],
	])("%s", async (form, bytes) => {
		const file = join(folder, `${form}.cnf`);
		writeFileSync(file, bytes);
		const { code, stdout } = await attgrad(["solve", file]);
		expect(stdout).toMatch(/^s UNSATISFIABLE$/m);
		expect(code).toBe(20);
	});
});

test.concurrent.each([
	["x\ns SATISFIABLE", "x\\ns SATISFIABLE"],
	["x\r\u001b[2Ks SATISFIABLE", "x\\r\\e[2Ks SATISFIABLE"],
])("a file named %j does not make lines of the answer", async (name, shown) => {
	const file = join(folder, name);
	writeFileSync(file, "p cnf 1 2\n1 0\n-1 0\n");
	const { code, stdout } = await attgrad(["solve", file]);
	expect(code).toBe(20);
	expect(stdout.split("\n").filter((line) => line.startsWith("s "))).toEqual(["s UNSATISFIABLE"]);
	expect(stdout).toContain(`c formula ${folder}/${shown}: 1 variables, 2 clauses`);
	writeFileSync(file, "p cnf 1 1\n2 0\n");
	const refused = await attgrad(["solve", file]);
	expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: "" });
	expect(refused.stderr).toBe(
		`attgrad solve: ${folder}/${shown}:2:1: literal 2, but the "p" line declares 1 variables\n`,
	);
});

test.concurrent("10^8 variables are too many, told with finite numbers", async () => {
	const file = join(folder, "many.cnf");
	writeFileSync(file, "p cnf 100000000 1\n1 0\n");
	const { code, stdout, stderr } = await attgrad(["solve", file]);
	expect(stderr).toBe("");
	expect(stdout).toMatch(/^c unknown: 100000000 variables and 1 clauses make 2\^50000000 half-assignments /m);
	expect(stdout).not.toMatch(/infinity|∞/i);
	expect(code).toBe(0);
});

const written = (name: string, text: string | Uint8Array): string => {
	writeFileSync(join(folder, name), text);
	return join(folder, name);
};
const bad = join(folder, "bad.cnf");
writeFileSync(bad, "p cnf 2 1\n1 7 0\n");

test.concurrent.each<[string, string[], RegExp]>([
	["a file that is not there", ["missing.cnf"], /cannot read missing\.cnf: no such file or folder/],
	["a folder", [folder], /: is a folder/],
	["a file that is no DIMACS", [bad], /bad\.cnf:2:3: literal 7, but the "p" line declares 2 variables/],
	[
		"a projected count",
		[written("projected.cnf", "c t pmc\np cnf 3 1\nc p show 1 2 0\n1 2 0\n"), "--count"],
		/the formula asks for a projected count \(line 3\)/,
	],
	[
		"a weighted count",
		[written("weighted.cnf", "c t wmc\np cnf 2 1\nc p weight 1 0.4 0\n1 2 0\n"), "--count"],
		/the formula asks for a weighted count \(line 1\)/,
	],
	["a graph", [written("graph.cnf", "p edge 3 2\ne 1 2\n")], /graph\.cnf:1:3: .* got a graph \(DIMACS edge format\)/],
	[
		"an xz file",
		[written("f.cnf.xz", Buffer.from("fd377a585a000004", "hex"))],
		/f\.cnf\.xz: it is an xz file, not a text/,
	],
	["a zip archive", [written("f.zip", "PK\u0003\u0004")], /it is a zip archive, not a text/],
	["half a gzip file", [written("half.gz", gzipSync("p cnf 1 0").subarray(0, 15))], /damaged compressed data/],
	["an unknown oracle", [fixture("odd-7"), "--oracle", "magic"], /unknown algorithm: magic/],
	["an epsilon for an exact oracle", [fixture("odd-7"), "--epsilon", "1e-3"], /streaming has no option --epsilon/],
	[
		"noise of no known kind",
		[fixture("odd-7"), "--noise", "white:1"],
		/noise: expected adversarial:EPSILON or random:EPSILON/,
	],
	[
		"a reduction that starts elsewhere",
		[fixture("odd-7"), "--reduction", "R2"],
		/--reduction must be one of R1a, R3, got R2/,
	],
	["counting through R1a", [fixture("odd-7"), "--count", "--reduction", "R1a"], /--count goes through R3/],
	["theta-max without R3", [fixture("odd-7"), "--theta-max", "1"], /--theta-max belongs to R3/],
	["no formula", [], /is missing; see --help/],
])("%s is refused in one line", async (_, words, message) => {
	const { code, stdout, stderr } = await attgrad(["solve", ...words]);
	expect(stderr).toMatch(message);
	expect(stderr).toMatch(/^attgrad solve: [^\n]+\n$/);
	expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
});

test("a long model is broken into lines of at most 78 characters", () => {
	const lines = solutionLines({
		status: "satisfiable",
		assignment: Array.from({ length: 40 }, (_, v) => v % 3 === 0),
		...{ file: "f.cnf", variables: 40, clauses: 0, reduction: "R1a", oracle: "streaming", kernel: "js" },
		...{ threads: 1, milliseconds: 1, calls: 1, isolationCalls: 0 },
	}).filter((line) => line.startsWith("v "));
	expect(lines.length).toBeGreaterThan(1);
	for (const line of lines) expect(line.length).toBeLessThanOrEqual(78);
	expect(lines.join(" ").replaceAll("v ", "").split(" ").map(Number)).toEqual([
		...Array.from({ length: 40 }, (_, v) => (v % 3 === 0 ? v + 1 : -v - 1)),
		0,
	]);
});
