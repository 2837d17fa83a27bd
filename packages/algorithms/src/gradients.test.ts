import { type AnyGradientAlgorithm, defineAlgorithm } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { z } from "zod";
import { algorithmSpellings, algorithms, findAlgorithm } from "./gradients.ts";

const twoWays: AnyGradientAlgorithm = defineAlgorithm({
	name: "two-ways",
	summary: "an algorithm with variants",
	exact: false,
	version: 1,
	options: z.strictObject({ way: z.enum(["up", "down"]).default("up"), degree: z.int().optional() }),
	variants: { up: { way: "up" }, down: { way: "down" } },
	supports: () => true,
	run: () => Promise.reject(),
});

test("the registry names every algorithm once", () => {
	const names = algorithms.map(({ name }) => name);
	expect(new Set(names).size).toBe(names.length);
	expect(names).toEqual(expect.arrayContaining(["definition", "dense", "streaming"]));
});

test("every spelling that the registry lists is found and keeps its spelling", () => {
	for (const spelling of algorithmSpellings()) expect(findAlgorithm(spelling).spelling).toBe(spelling);
});

test("exact is another name of streaming", () => {
	expect(findAlgorithm("exact")).toEqual(findAlgorithm("streaming"));
	expect(findAlgorithm("exact:blockRows=8").spelling).toBe("streaming:blockRows=8");
});

test("a variant fixes its options, and settings follow after a colon", () => {
	expect(findAlgorithm("two-ways/down", [twoWays])).toMatchObject({ algorithm: twoWays, options: { way: "down" } });
	expect(findAlgorithm("two-ways/down:degree=4", [twoWays]).options).toEqual({ way: "down", degree: 4 });
	expect(findAlgorithm("two-ways:way=down,degree=4", [twoWays]).options).toEqual({ way: "down", degree: 4 });
});

test("settings are numbers, truth values or words", () => {
	expect(findAlgorithm("polynomial:degree=4,rowDegrees=true,basis=taylor").options).toEqual({
		degree: 4,
		rowDegrees: true,
		basis: "taylor",
	});
});

test("what is unknown is refused with what is known", () => {
	const refusal = (spelling: string) => () => findAlgorithm(spelling, [twoWays]);
	expect(refusal("three-ways")).toThrow(UsageError);
	expect(refusal("three-ways")).toThrow("unknown algorithm: three-ways (known: two-ways, two-ways/up, two-ways/down)");
	expect(refusal("two-ways/left")).toThrow("unknown variant of two-ways: left (known: up, down)");
	expect(refusal("two-ways:weight=3")).toThrow("unknown option of two-ways: weight=3 (known: way, degree)");
	expect(refusal("two-ways/constructor")).toThrow("unknown variant of two-ways: constructor");
	expect(() => findAlgorithm("")).toThrow("unknown algorithm: ");
});

test("a command may have several lines; its spelling is one", () => {
	const { algorithm, options, spelling } = findAlgorithm("command:set -e\ncd here\npython3 mine.py");
	expect([algorithm.name, options]).toEqual(["command", { command: "set -e\ncd here\npython3 mine.py" }]);
	expect(spelling).not.toContain("\n");
	expect(findAlgorithm(spelling)).toMatchObject({ options, spelling });
});

test("a command can be given a name", () => {
	const { algorithm, spelling, options } = findAlgorithm("command/mine:python3 mine.py --all");
	expect([algorithm.name, spelling]).toEqual(["command", "command/mine:python3 mine.py --all"]);
	expect(options).toEqual({ command: "python3 mine.py --all" });
	expect(() => findAlgorithm("command/my own:python3 mine.py")).toThrow(/^unknown variant of command: my own/);
});
