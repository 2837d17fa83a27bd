import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { describePhase, speedUp } from "./speed-up.ts";

const exact = [
	sampleRow({ algorithm: "streaming", n: 256, d: 2, time_ms: 10 }),
	sampleRow({ algorithm: "streaming", n: 1024, d: 2, time_ms: 160 }),
];
const fast = sampleRow({ algorithm: "polynomial/moment", n: 1024, d: 2, B: 3, time_ms: 16 });
const slow = sampleRow({ algorithm: "polynomial/moment", n: 256, d: 2, B: 0.5, time_ms: 40 });

test("a speed-up is against the exact gradient of the same size", () => {
	expect(speedUp(fast, [...exact, fast])).toBe(10);
	expect(speedUp(slow, [...exact, slow])).toBe(0.25);
	expect(speedUp({ ...fast, d: 8 }, exact)).toBeUndefined();
});

test("the title says up to which B the polynomial is faster, and how much", () => {
	expect(describePhase([...exact, fast, slow])).toBe(
		"The certified polynomial is faster up to B = 3 at d = 2; at most 10 times",
	);
	expect(describePhase([...exact, slow])).toContain("never at d = 2");
	expect(describePhase([])).not.toContain("NaN");
});
