import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { describeGains } from "./gains.ts";

test("gains are factors against the whole method on the same data, or against what has no kernel either, the largest of all cases", () => {
	const rows = [1, 2].flatMap((B) => [
		sampleRow({ algorithm: "polynomial/moment:certificate=a-priori", B, rank: 100, time_ms: 10 }),
		sampleRow({ algorithm: "polynomial/paper:certificate=a-priori", B, rank: 100, time_ms: 40 }),
		sampleRow({ algorithm: "ablated:variant=typescript", B, rank: 100, time_ms: 20 }),
		sampleRow({ algorithm: "ablated:variant=uncentred", B, rank: 100 * B ** 3 }),
	]);
	expect(describeGains(rows)).toBe(
		"Worth at the same certified error: centring up to 8 times in rank, the moment route up to 2 times in time",
	);
	expect(describeGains([])).toBe("What each choice is worth");
});
