import { expect, test } from "vitest";
import type { Cell } from "../cells/index.ts";
import type { CellOutcome } from "./process/cell-message.ts";
import { toRow } from "./to-row.ts";

const cell = {
	...{ experiment: "mine", algorithm: "streaming", n: 64, d: 2, B: 1, distribution: "uniform", seed: 1, dtype: "f64" },
	...{ threads: 1, kernel: "js", version: 1, sources: "", options: {} },
} as unknown as Cell;
const conditions = { contended: false, started_at: "2026-01-02T03:04:05.000Z", machine: "a machine", commit: "abc" };
const rowOf = (measurement: object) =>
	toRow("0123456789abcdef", cell, { status: "done", measurement } as unknown as CellOutcome, conditions);

test("a measurement is the row of its cell", () => {
	const row = rowOf({ time_ms: 1.5, samples: 3, loss: -2, error_max: 0 });
	expect(row).toMatchObject({ key: "0123456789abcdef", n: 64, status: "done", reason: "", time_ms: 1.5, loss: -2 });
});

test.each([
	[{ time_ms: -1 }, 'time_ms is "-1", expected a number >= 0'],
	[{ samples: 0.5 }, 'samples is "0.5", expected a whole number >= 1'],
	[{ error_max: Number.NaN }, "error_max cannot be"],
	[{ loss: Number.POSITIVE_INFINITY }, "loss cannot be"],
	[{ bound_kind: "sure" }, 'bound_kind is "sure"'],
	[{ time: 3 }, "there is no column time"],
])("one that no row holds is a failed cell that says why: %o", (measurement, problem) => {
	const row = rowOf({ time_ms: 1, ...measurement });
	expect(row).toMatchObject({ key: "0123456789abcdef", n: 64, status: "failed", machine: "a machine" });
	expect(row.reason).toContain(`the measurement does not fit a row: `);
	expect(row.reason).toContain(problem);
	expect(row).not.toHaveProperty("time_ms");
});
