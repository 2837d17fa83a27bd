import { expect, test } from "vitest";
import type { Row } from "../../cells/row.ts";
import { describeProved, provedShare } from "./proved-share.ts";

const row = (fields: Partial<Row>): Row => ({ algorithm: "a", status: "done", n: 8, ...fields }) as Row;

test("the proved share is the row's own, or comes from the size of the gradient that it has", () => {
	expect(provedShare(row({ bound_rel: 0.25, error_bound: 7 }))).toBe(0.25);
	expect(provedShare(row({ error_bound: 6, error_max: 0.5, error_rel: 0.25 }))).toBe(3);
	expect(provedShare(row({ error_bound: 6, extra: { largest: 3 } }))).toBe(2);
	expect(provedShare(row({ error_bound: 6 }))).toBeUndefined();
	expect(provedShare(row({ error_bound: 6, bound_rel: 1, bound_kind: "estimate" }))).toBeUndefined();
});

test("a figure of times says what was proved, by algorithm", () => {
	const rows = [
		row({ bound_rel: 1e-3 }),
		row({ bound_rel: 2e-2 }),
		row({ algorithm: "b", bound_rel: 0.5 }),
		row({ algorithm: "b", bound_rel: 9, status: "failed" }),
		row({ algorithm: "exact" }),
	];
	expect(describeProved(rows)).toBe("Proved error over max |g|: a 0.001 to 0.02, b 0.5.");
	expect(describeProved([row({})])).toBe("");
});
