import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { handleAll } from "./work-queue.ts";

test.each([1, 3, 10])("every item is handled once, in order, %i at once", async (width) => {
	const items = Array.from({ length: 7 }, (_, i) => i);
	const begun: number[] = [];
	let running = 0;
	let most = 0;
	await handleAll(items, width, undefined, async (item) => {
		begun.push(item);
		most = Math.max(most, ++running);
		await sleep(2);
		running--;
	});
	expect(begun).toEqual(items);
	expect(most).toBe(Math.min(width, items.length));
});

test("after an abort no item is begun", async () => {
	const stop = new AbortController();
	const begun: number[] = [];
	await handleAll([1, 2, 3], 1, stop.signal, async (item, signal) => {
		begun.push(item);
		if (item === 2) stop.abort();
		expect(signal.aborted).toBe(item === 2);
	});
	expect(begun).toEqual([1, 2]);
});

test("a failure stops the items in hand, is waited for, and is thrown", async () => {
	const ended: string[] = [];
	const work = handleAll(["long", "failing", "later"], 2, undefined, async (item, signal) => {
		if (item === "failing") throw new Error("no space left");
		await new Promise((resolve) => signal.addEventListener("abort", resolve));
		await sleep(5);
		ended.push(item);
	});
	await expect(work).rejects.toThrow("no space left");
	expect(ended).toEqual(["long"]);
});
