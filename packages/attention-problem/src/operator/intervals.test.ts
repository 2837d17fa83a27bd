import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { queriesSeeing, sequencesOf, visibleKeys, visiblePairs } from "./intervals.ts";
import type { Visibility } from "./visibility.ts";

/** Whether query j sees key l, said once more from the definition, sequence by sequence. */
function sees({ mask, window, lengths }: Visibility, n_q: number, n_k: number, j: number, l: number): boolean {
	let [queryStart, keyStart, queries, keys] = [0, 0, n_q, n_k];
	for (const length of lengths ?? []) {
		[queries, keys] = [length, length];
		if (j < queryStart + length) break;
		queryStart += length;
		keyStart += length;
	}
	const [query, key] = [j - queryStart, l - keyStart];
	if (key < 0 || key >= keys) return false;
	if (mask === "none") return true;
	const latest = query + keys - queries;
	return key <= latest && (window === undefined || key > latest - window);
}

const arbitraryVisibility = fc
	.record({
		mask: fc.constantFrom("none" as const, "causal" as const),
		window: fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined }),
		lengths: fc.option(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }), { nil: undefined }),
		n_q: fc.integer({ min: 1, max: 20 }),
		n_k: fc.integer({ min: 1, max: 20 }),
	})
	.map(({ mask, window, lengths, n_q, n_k }) => {
		const total = lengths?.reduce((sum, length) => sum + length, 0);
		const visibility: Visibility = {
			mask,
			...(mask === "causal" && window !== undefined && { window }),
			...(lengths && { lengths }),
		};
		return { visibility, n_q: total ?? n_q, n_k: total ?? n_k };
	});

describe("visible keys", () => {
	test("are those of the definition of each mask", () => {
		fc.assert(
			fc.property(arbitraryVisibility, ({ visibility, n_q, n_k }) => {
				const intervals = visibleKeys(visibility, n_q, n_k);
				let pairs = 0;
				for (let j = 0; j < n_q; j++)
					for (let l = 0; l < n_k; l++) {
						const visible = sees(visibility, n_q, n_k, j, l);
						expect(l >= intervals.lo[j] && l < intervals.hi[j]).toBe(visible);
						if (visible) pairs++;
					}
				expect(visiblePairs(intervals)).toBe(pairs);
			}),
		);
	});

	test("are intervals whose ends never decrease, and lie within the keys", () => {
		fc.assert(
			fc.property(arbitraryVisibility, ({ visibility, n_q, n_k }) => {
				const { lo, hi } = visibleKeys(visibility, n_q, n_k);
				for (let j = 0; j < n_q; j++) {
					expect(lo[j]).toBeGreaterThanOrEqual(j > 0 ? lo[j - 1] : 0);
					expect(hi[j]).toBeGreaterThanOrEqual(j > 0 ? hi[j - 1] : 0);
					expect(lo[j]).toBeLessThanOrEqual(hi[j]);
				}
				expect(hi.at(-1)).toBeLessThanOrEqual(n_k);
			}),
		);
	});

	test("the queries that see a key are an interval too", () => {
		fc.assert(
			fc.property(arbitraryVisibility, ({ visibility, n_q, n_k }) => {
				const intervals = visibleKeys(visibility, n_q, n_k);
				for (let l = 0; l < n_k; l++) {
					const { from, to } = queriesSeeing(intervals, l);
					for (let j = 0; j < n_q; j++) expect(j >= from && j < to).toBe(l >= intervals.lo[j] && l < intervals.hi[j]);
				}
			}),
		);
	});

	test("a causal mask is aligned at the end: the last query sees every key", () => {
		expect(Array.from(visibleKeys({ mask: "causal" }, 2, 5).hi)).toEqual([4, 5]);
		expect(Array.from(visibleKeys({ mask: "causal" }, 5, 2).hi)).toEqual([0, 0, 0, 1, 2]);
	});

	test("packed sequences follow each other", () => {
		const rows = (from: number, to: number) => ({ queries: { from, to }, keys: { from, to } });
		expect(sequencesOf({ mask: "none", lengths: [1, 3] }, 4, 4)).toEqual([rows(0, 1), rows(1, 4)]);
		expect(sequencesOf({ mask: "causal" }, 2, 3)).toEqual([{ queries: { from: 0, to: 2 }, keys: { from: 0, to: 3 } }]);
	});
});

describe("a visibility is refused", () => {
	test.each([
		[{ mask: "causal", window: 0 }, "window must be a whole number >= 1, got 0"],
		[{ mask: "causal", window: 1.5 }, "window must be a whole number >= 1, got 1.5"],
		[{ mask: "none", window: 4 }, "a window of 4 needs the causal mask, got mask none"],
		[{ mask: "none", lengths: [] }, "lengths must have at least one entry"],
		[{ mask: "none", lengths: [2, 0] }, "lengths[1] must be a whole number >= 1, got 0"],
		[{ mask: "none", lengths: [4, -1] }, "lengths[1] must be a whole number >= 1, got -1"],
		[{ mask: "none", lengths: [2, 2] }, "lengths add up to 4, but there are 3 queries"],
		[{ mask: "none", lengths: [2, 1] }, "lengths add up to 3, but there are 4 keys"],
		[{ mask: "diagonal" as "none" }, "unknown mask: diagonal (known: none, causal)"],
	] satisfies [Visibility, string][])("%j", (visibility, message) => {
		expect(() => visibleKeys(visibility, 3, 4)).toThrow(message);
	});
});
