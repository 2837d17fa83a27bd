import { backwardCases } from "@attgrad/attention-problem/testing";
import { describe, expect, test } from "vitest";
import "@attgrad/matrix-core/testing";
import { definitionBackward } from "./definition.ts";
import { streamingBackward } from "./streaming.ts";

const cases = await backwardCases();
describe.each(cases)("reference case $name", ({ problem, answers, lse }) => {
	test.each([
		["definition", definitionBackward],
		["streaming", streamingBackward],
	])("%s", async (_, backward) => {
		const { output, dQ, dK, dV, lse: made } = await backward(problem);
		for (const [got, wanted] of [
			[output, answers.O],
			[dQ, answers.dQ],
			[dK, answers.dK],
			[dV, answers.dV],
		]) {
			const most = Math.max(...(wanted?.data ?? []).map(Math.abs));
			let worst = 0;
			wanted?.data.forEach((x, i) => (worst = Math.max(worst, Math.abs(x - (got?.data[i] ?? NaN)))));
			console.log(_, most, worst / most);
		}
		lse.forEach((x, i) => expect(made?.[i] === x || Math.abs((made?.[i] ?? NaN) - x) <= 1e-12 * Math.max(1, Math.abs(x))).toBe(true));
	});
});
