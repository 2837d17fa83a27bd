import { expect, test } from "vitest";
import { inRounds, type RoundsOptions, type TakesTurns } from "./in-rounds.ts";
import { waiting } from "./process/cell-message.ts";

/** Cells by name with the number of their turns; what happened to them, in order. */
async function record(
	turns: Readonly<Record<string, number>>,
	options: Partial<RoundsOptions<string>> = {},
	memory = 1,
) {
	const happened: string[] = [];
	const process = (name: string): TakesTurns => {
		let left = turns[name];
		return {
			proceed: async () => (--left > 0 ? waiting : { status: "failed", reason: "ended" }),
			memory: () => memory,
			kill: () => happened.push(`${name} killed`),
		};
	};
	const work = inRounds(Object.keys(turns), {
		start: process,
		onTurn: (name) => happened.push(name),
		onEnd: (name, outcome) => happened.push(`${name} ${outcome?.status}`),
		width: 8,
		memory: 100,
		...options,
	});
	await work.catch((error) => happened.push(String(error)));
	return happened.join(", ");
}

test("each cell has a turn, then each the next, until it ends", async () => {
	expect(await record({ a: 3, b: 1, c: 2 })).toBe("a, b, b failed, c, a, c, c failed, a, a failed");
});

test("no more wait than are allowed; the next begins when one has ended", async () => {
	expect(await record({ a: 2, b: 2, c: 1 }, { width: 2 })).toBe("a, b, a, a failed, b, b failed, c, c failed");
});

test("where those that wait take much memory the next begins when they have ended", async () => {
	expect(await record({ a: 2, b: 1 }, { memory: 100 }, 200)).toBe("a, a, a failed, b, b failed");
});

test("a cell that is not to be tried has no turn", async () => {
	const start = () => ({ status: "skipped" as const, reason: "why" });
	expect(await record({ a: 2 }, { start })).toBe("a skipped");
});

test("where the sweep fails, those that wait are killed", async () => {
	const onEnd = () => {
		throw new Error("disk full");
	};
	expect(await record({ a: 3, b: 1 }, { onEnd })).toBe("a, b, a killed, Error: disk full");
});
