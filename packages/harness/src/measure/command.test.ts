import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { generateProblem } from "@attgrad/attention-problem";
import { createRuntime } from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { findAlgorithm } from "@attgrad/algorithms";
import { afterAll, expect, test } from "vitest";
import { hangingCommand, stillRunning } from "../testing/hanging-command.ts";
import { folderIn, temporaryFolder } from "../testing/temporary-folder.ts";
import { passGate } from "./gate.ts";
import { measureGradient } from "./measure-gradient.ts";

const parent = temporaryFolder();
const double = fileURLToPath(new URL("../testing/command-double.ts", import.meta.url));
const problem = generateProblem({ distribution: "uniform", n: 7, d: 2, B: 1, seed: 1 });
const runtime = await createRuntime({ kernel: "js" });
afterAll(() => runtime.close());

/** Runs the double in a manner of its own, with limits. */
function run(manner: string, limits: object = {}) {
	return runShell(`'${process.execPath}' '${double}' ${manner}`, limits);
}

function runShell(command: string, limits: object = {}) {
	const { algorithm } = findAlgorithm("command");
	return measureGradient(algorithm, problem, algorithm.options.parse({ command, ...limits }), runtime);
}

const exactAnswer = await (async () => {
	const { algorithm } = findAlgorithm("dense");
	return algorithm.run(problem, {}, runtime);
})();

test("a command reads the problem, writes the gradient and tells its own time", async () => {
	const { result, milliseconds, peakRssMb } = await run("good");
	expect(result.gradient).toBeAllclose(exactAnswer.gradient);
	expect(result.loss).toBe(exactAnswer.loss);
	expect(milliseconds).toBe(3);
	if (existsSync("/proc/self/status")) expect(peakRssMb).toBeGreaterThan(10);
});

test("a loss that a command does not tell is computed", async () => {
	const { result, milliseconds } = await run("terse");
	// Two exact algorithms sum n·d = 14 squares in different order: 14u each, and u of every product.
	expect(Math.abs(result.loss / exactAnswer.loss - 1)).toBeLessThan(100 * 2 ** -53);
	expect(milliseconds).toBe(7);
});

test("what is printed before the last line does no harm, however much it is", async () => {
	expect((await run("noisy")).milliseconds).toBe(7);
	expect((await run("printing")).milliseconds).toBe(3);
});

test("a gradient in single precision is taken as double precision", async () => {
	const { gradient } = (await run("single")).result;
	expect(gradient.dtype).toBe("f64");
	expect(gradient).toBeAllclose(exactAnswer.gradient.as("f32").as("f64"));
});

// A # takes away the words that are put behind the command.
test.each([
	["true", "invalid", /^the command must print a JSON object like .* as its last line, got nothing$/],
	["printf 'done!\\033[2J in 3 ms\\n' #", "invalid", /as its last line, got done! \[2J in 3 ms$/],
	["echo '[1]' #", "invalid", /^the command must print a JSON object like .*, got \[1\]$/],
	[`echo '{"milliseconds":-1}' #`, "invalid", /^the command's answer is malformed: milliseconds: .*, got \{.*-1\}$/],
	[`echo '{"milliseconds":[]}' #`, "invalid", /^the command's answer is malformed: milliseconds: /],
	[`printf '%s' '{"skipped":"needs a\\nGPU"}' #`, "skipped", /^needs a GPU$/],
	[`echo '{"milliseconds":7}' #`, "invalid", /^the command wrote no gradient to the path it was given$/],
	[`f() { echo 1 2 > "$2"; echo '{"milliseconds":7}'; }; f`, "invalid", /^the command's gradient: /],
	[
		"printf 'Traceback\n  line\nValueError: no\n' >&2; exit 3 #",
		"failed",
		/^the command ended with exit code 3: ValueError: no$/,
	],
	["sh -c 'kill -ABRT $$' #", "failed", /^the command ended by signal 6/],
	["sh -c 'kill -KILL $$' #", "out-of-memory", /^the command was killed by the system/],
])("the command %j is %s, with the reason", async (command, status, reason) => {
	await expect(runShell(command)).rejects.toMatchObject({ status, message: expect.stringMatching(reason) });
});

test.each([
	["wrong-shape", /^the command's gradient must be 2 x 2, got 2 x 3$/],
	["not-a-number", /^the command's gradient\[0, 0\].*NaN/i],
	["cut-short", /^the command's gradient: .* bytes/],
])("a gradient that is %s is invalid, with the reason", async (manner, reason) => {
	await expect(run(manner)).rejects.toMatchObject({ status: "invalid", message: expect.stringMatching(reason) });
});

test("a command that does not exist is skipped, with its name", async () => {
	await expect(runShell("no-such-command-anywhere --fast")).rejects.toMatchObject({
		status: "skipped",
		message: expect.stringMatching(/^there is no such command as no-such-command-anywhere --fast: .*not found/),
	});
});

test("the gate holds a command to the epsilon that it is asked for, and lets it be without one", async () => {
	const { algorithm } = findAlgorithm("command");
	const options = (epsilon?: number) =>
		algorithm.options.parse({ command: `'${process.execPath}' '${double}' wrong`, ...(epsilon && { epsilon }) });
	expect((await passGate(algorithm, problem, options(), runtime)).max).toBeCloseTo(1e-3, 10);
	await passGate(algorithm, problem, options(2e-3), runtime);
	await expect(passGate(algorithm, problem, options(5e-4), runtime)).rejects.toMatchObject({ status: "invalid" });
});

test("a command that hangs is stopped at its limit, with all that it started", async () => {
	const pids = join(folderIn(parent), "pids");
	await expect(runShell(hangingCommand(pids), { commandTimeLimit: 3 })).rejects.toMatchObject({
		status: "timeout",
		message: "the command was stopped after 3 s",
	});
	await expect.poll(() => stillRunning(pids)).toEqual([]);
});

test("a limit of more milliseconds than a timer can count, 25 days, is no limit", async () => {
	expect((await run("good", { commandTimeLimit: 3e6 })).milliseconds).toBe(3);
});

test("what a command leaves behind is ended with it, and its answer counts", async () => {
	const pids = join(folderIn(parent), "pids");
	const leaving = `sleep 600 & echo $! > '${pids}'; '${process.execPath}' '${double}' good`;
	expect((await runShell(leaving)).milliseconds).toBe(3);
	await expect.poll(() => stillRunning(pids)).toEqual([]);
});

test.runIf(existsSync("/proc/self/status"))("a command that takes too much memory is stopped", async () => {
	await expect(run("hungry", { commandMemoryLimit: 400 })).rejects.toMatchObject({
		status: "out-of-memory",
		message: expect.stringMatching(/^the command took \d+ MiB, over its limit of 400 MiB$/),
	});
});

test("a command and its settings are spelled in one piece", () => {
	const { spelling, options } = findAlgorithm("command:python3 'a b.py' --x=1,2");
	expect(spelling).toBe("command:python3 'a b.py' --x=1,2");
	expect(options).toEqual({ command: "python3 'a b.py' --x=1,2" });
});

test("the options of a command change with the content of the files that it names", () => {
	const path = join(folderIn(parent), "mine.py");
	const parse = () => findAlgorithm("command").algorithm.options.parse({ command: `python3 ${path}` });
	writeFileSync(path, "one");
	const before = parse();
	expect(parse()).toEqual(before);
	writeFileSync(path, "two");
	expect(parse()).not.toEqual(before);
});
