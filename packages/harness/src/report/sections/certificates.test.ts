import { expect, test } from "vitest";
import { sampleRow } from "../../testing/rows.ts";
import { certificatesOf } from "./certificates.ts";

test("certificates are counted by kind, and a broken one is told", () => {
	const rows = [
		sampleRow({ bound_kind: "a-posteriori", error_bound: 1e-6, error_max: 1e-9 }),
		sampleRow({ bound_kind: "a-posteriori", error_bound: 1e-4 }),
		sampleRow({ bound_kind: "a-posteriori", error_bound: 1e-8, error_max: 1e-7 }),
		sampleRow({ bound_kind: "estimate", error_bound: 1e-3 }),
		sampleRow({ bound_kind: "a-posteriori", status: "failed", reason: "no" }),
		sampleRow({ algorithm: "streaming" }),
	];
	expect(certificatesOf(rows)).toMatchObject([
		{ kind: "a-posteriori", rows: 3, checked: 2, violated: 1, bounds: [1e-8, 1e-4] },
		{ kind: "estimate", rows: 1, checked: 0, violated: 0, bounds: [1e-3, 1e-3] },
	]);
});
