import { expect, test } from "vitest";
import { degreeAfter, leastProving } from "./degree-search.ts";

test("the next degree is one more, and another for each power of ten that is left but the first", () => {
	expect([1.1, 9, 99, 101, 5000].map((share) => degreeAfter(3, share))).toEqual([4, 4, 4, 5, 6]);
	expect(degreeAfter(3, Number.POSITIVE_INFINITY)).toBe(4);
});

/** Tries degrees whose shares are listed from degree 1 on. */
async function search(shares: readonly number[], first = 1, highest = shares.length) {
	const tried: number[] = [];
	const found = await leastProving(first, highest, async (degree) => {
		tried.push(degree);
		return { made: `at ${degree}`, share: shares[degree - 1] };
	});
	return { tried, ...found };
}

test("the first degree that proves what is asked for ends the search", async () => {
	expect(await search([50, 8, 0.9, 0.01])).toEqual({ tried: [1, 2, 3], made: "at 3", share: 0.9, degree: 3 });
	expect(await search([50_000, 8000, 900, 80, 7, 0.6])).toMatchObject({ tried: [1, 5, 6], degree: 6 });
});

test("a search ends where higher degrees prove no more, and gives the best", async () => {
	const { tried, ...found } = await search([9, 2.5, 2.4, 2.4, 2.4, 2.4, 2.4]);
	expect(tried).toEqual([1, 2, 3, 4]);
	expect(found.share).toBe(2.4);
});

test("no bound at low degrees is no reason to end", async () => {
	const none = Number.POSITIVE_INFINITY;
	expect(await search([none, none, none, none, 0.5])).toMatchObject({ tried: [1, 2, 3, 4, 5], degree: 5 });
});

test("the highest degree is tried before a search fails, and a degree that cannot be tried ends it", async () => {
	expect(await search([1e9, 1e8, 1e7, 1e6])).toMatchObject({ tried: [1, 4], degree: 4, share: 1e6 });
	const refusing = await leastProving(2, 9, async (degree) =>
		degree < 4 ? { made: degree, share: 5 - degree } : undefined,
	);
	expect(refusing).toEqual({ made: 3, share: 2, degree: 3 });
});

test("tries that were given up count by their bound: the best is named, not the last", async () => {
	const shares = [9, 4, 6, 5, 7];
	const found = await leastProving(1, 5, async (degree) => ({ share: shares[degree - 1] }));
	expect(found).toEqual({ share: 4, degree: 2 });
});
