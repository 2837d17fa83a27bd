import type { Row } from "@attgrad/harness";

/** A sound row, for tests to change. */
export function sampleRow(changes: Partial<Row>): Row {
	return {
		key: "0123456789abcdef",
		experiment: "test",
		algorithm: "streaming",
		n: 1024,
		d: 4,
		B: 1,
		distribution: "uniform",
		kernel: "js",
		status: "done",
		reason: "",
		contended: false,
		started_at: "2026-01-02T03:04:05.678Z",
		machine: "",
		commit: "",
		...changes,
	};
}
