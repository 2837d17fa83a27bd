import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";
import { isExperimentFile, loadExperiment } from "./experiment-file.ts";

const folder = temporaryFolder();
let files = 0;

function file(text: string): string {
	const path = join(folder, `experiment-${files++}.ts`);
	writeFileSync(path, text);
	return path;
}

const mine = (name = "mine") => `
interface Point { readonly n: readonly number[] }
const point: Point = { n: [32, 64] };
export default {
	name: "${name}",
	title: "Time against n",
	question: "Does it run?",
	grid: {
		quick: [{ ...point, algorithm: ["streaming", "dense"], d: [2], B: [1] }],
		full: [{ ...point, algorithm: ["streaming"], d: [2], B: [1] }],
	},
	figures: [{
		name: "time-vs-n",
		title: () => "Time against n",
		x: { title: "n", scale: "powers-of-two" },
		y: { title: "time (ms)", scale: "log" },
		series: [{ kind: "measured", x: ({ n }) => n, y: ({ time_ms }) => time_ms }],
	}],
};
`;

test("a sweep runs an experiment of a file outside the project; plot and report read its results with --experiment", async () => {
	const [path, out] = [file(mine()), join(folder, "runs")];
	const swept = await attgrad(["sweep", path, "--out", out]);
	expect(swept).toMatchObject({ code: 0 });
	expect(swept.stdout).toMatch(/^mine: 4 done; /);
	expect(readFileSync(join(out, "mine/rows.csv"), "utf8").trim().split("\n")).toHaveLength(5);
	expect(existsSync(join(out, "mine/time-vs-n.png"))).toBe(true);
	const again = await attgrad(["sweep", path, "--out", out]);
	expect(again.stderr).toBe("mine: found 4 cells, done 4, to run 0\n");
	expect(await attgrad(["plot", join(out, "mine")])).toMatchObject({
		code: 2,
		stderr: expect.stringContaining("unknown experiment: mine"),
	});
	expect(await attgrad(["plot", join(out, "mine"), "--experiment", path])).toMatchObject({ code: 0, stderr: "" });
	expect(await attgrad(["report", join(out, "mine"), "--experiment", path])).toMatchObject({ code: 0, stderr: "" });
});

test.each(["./mine.ts", "mine.mjs", "folder/mine", "mine.js"])("%s is a file", (name) => {
	expect(isExperimentFile(name)).toBe(true);
});

test("the names of experiments are no files", () => {
	expect(isExperimentFile("million-tokens")).toBe(false);
});

test.each([
	["export const x = 1;", /needs a default export/],
	["export default { name: 'My Own' };", /name: must be like my-experiment, got "My Own"/],
	["export default { name: 'mine', title: '', question: '', figures: [] };", /grid: /],
	[mine("scaling"), /the project has an experiment scaling: choose another name/],
	["throw new Error('on purpose')", /cannot be loaded: on purpose$/],
	["import 'not-there';", /cannot be loaded: /],
])("a file with %j is refused in one line", async (text, reason) => {
	const failure = await loadExperiment(file(text)).catch((error: Error) => error);
	expect(failure).toMatchObject({ name: "UsageError", message: expect.stringMatching(reason) });
	expect((failure as Error).message).not.toContain("\n");
});

test("a file that is not there is refused in one line", async () => {
	await expect(loadExperiment("./nowhere.ts")).rejects.toThrow("no such experiment file: ./nowhere.ts");
});
