import type { Row } from "../cells/row.ts";

/** A sound row, for tests to change. */
export function sampleRow(changes: Partial<Row> = {}): Row {
	return {
		key: "0123456789abcdef",
		experiment: "tiny",
		algorithm: "polynomial/moment",
		n: 1024,
		d: 4,
		B: 1,
		distribution: "uniform",
		seed: 1,
		dtype: "f64",
		threads: 1,
		kernel: "js",
		status: "done",
		reason: "",
		time_ms: 12.5,
		samples: 20,
		contended: false,
		started_at: "2026-01-02T03:04:05.678Z",
		machine: "a machine, 2 cores",
		commit: "",
		...changes,
	};
}

/** A key for each number. */
export function sampleKey(number: number): string {
	return number.toString(16).padStart(16, "0");
}
