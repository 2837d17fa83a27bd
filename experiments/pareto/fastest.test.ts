import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { describeFastest } from "./fastest.ts";

const rows = [0.5, 1, 2].flatMap((B) => [
	sampleRow({ algorithm: "streaming", B, time_ms: 100, error_rel: 1e-15 }),
	sampleRow({ algorithm: "nystrom:rank=48", B, time_ms: 50, error_rel: B < 2 ? 1e-8 : 1e-3 }),
	sampleRow({ algorithm: "random-features", B, time_ms: 1, error_rel: 0.1 }),
]);

test("the fastest is the first that is accurate enough, for each B", () => {
	expect(describeFastest(rows, ({ error_rel }) => error_rel, "within 10⁻⁶")).toBe(
		"Fastest within 10⁻⁶: nystrom at B = 0.5, 1; exact at B = 2",
	);
});

test("nothing accurate enough is said to be so", () => {
	expect(describeFastest(rows, () => undefined, "proven")).toBe("No algorithm is proven");
});
