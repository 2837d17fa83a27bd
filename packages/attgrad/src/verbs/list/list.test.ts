import { backwardNames, knownAlgorithms } from "@attgrad/algorithms";
import { distributions } from "@attgrad/attention-problem";
import { experiments } from "@attgrad/experiments";
import { reductions } from "@attgrad/hardness";
import { expect, test } from "vitest";
import { attgrad } from "../../testing/command.ts";

test.concurrent("list --json has every algorithm, backward pass, distribution, experiment and reduction", async () => {
	const { code, stdout, stderr } = await attgrad(["list", "--json"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const listed = JSON.parse(stdout);
	expect(listed.algorithms.map(({ name }: { name: string }) => name)).toEqual(knownAlgorithms.map(({ name }) => name));
	const named = listed.backwards.map(({ name }: { name: string }) => name);
	// exact is another name of streaming
	expect(new Set(named)).toEqual(new Set(backwardNames.filter((name) => name !== "exact")));
	expect(listed.distributions).toEqual(distributions);
	expect(listed.experiments.map(({ name }: { name: string }) => name)).toEqual(experiments.map(({ name }) => name));
	expect(listed.reductions.map(({ name }: { name: string }) => name)).toEqual(reductions.map(({ name }) => name));
});

test.concurrent("list shows the options of an algorithm with their values and defaults", async () => {
	const { stdout: wrapped } = await attgrad(["list"]);
	expect(Math.max(...wrapped.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
	const stdout = wrapped.replaceAll(/\n {20,}(?! ?--|variants)/g, " ");
	expect(stdout).toMatch(/^ {2}polynomial +\S/m);
	expect(stdout).toMatch(/--route paper\|moment\|reverse.*\(default: moment\)/);
	expect(stdout).toMatch(/variants: .*polynomial\/moment/);
	const backwards = /^Backward passes[\s\S]*?\n\n/m.exec(stdout)?.[0];
	expect(backwards).toMatch(/^ {2}polynomial +\S[\s\S]*?--degree: /m);
	for (const name of distributions) expect(stdout).toContain(name);
});
