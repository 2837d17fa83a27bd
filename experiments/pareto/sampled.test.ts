import { expect, test } from "vitest";
import { sampleRow } from "../test/row.ts";
import { describeSampled } from "./sampled.ts";

const proof = "polynomial/moment:basis=gauss";
const sampled = `${proof},certificate=probabilistic`;

const rows = [2 ** 14, 2 ** 16].flatMap((n) =>
	[4, 5].flatMap((degree) => [
		sampleRow({ algorithm: proof, n, degree, time_ms: 10 * degree, bound_rel: n * 1e-6, status: "done" }),
		sampleRow({ algorithm: sampled, n, degree, time_ms: 12 * degree, bound_rel: 2e-3, status: "done" }),
	]),
);

test("the title compares bounds and times of the greatest length and degree", () => {
	expect(describeSampled(rows)).toBe(
		"At n = 2^16, degree 5, a probabilistic bound is 33 times smaller than a proof, for 1.20 times its time",
	);
});

test("a sweep without bounds of one of both kinds has no comparison", () => {
	const title = "Bounds of sampled pairs and proofs against time";
	expect(describeSampled(rows.filter(({ algorithm }) => algorithm === proof))).toBe(title);
	expect(describeSampled([])).toBe(title);
});
