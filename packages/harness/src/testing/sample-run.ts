import type { Row } from "../cells/row.ts";
import type { Figure } from "../figures/figure.ts";
import type { Run } from "../store/run.ts";
import tiny from "./tiny-experiment.ts";

/** A run that left these rows; each is a cell of its own. */
export function sampleRun(rows: readonly Row[], figures: readonly Figure[] = []): Run {
	return {
		folder: "results/tiny",
		experiment: { ...tiny, figures },
		rows,
		info: {
			experiment: "tiny",
			title: "A tiny experiment",
			question: "Does the harness do what it says?",
			preset: "quick",
			settings: { overrides: {}, jobs: 1 },
			versions: { attgrad: "0.1.0", node: "24.0.0", v8: "13.6" },
			machine: { name: "a machine, 2 cores", cpu: "a machine", cores: 2, memoryMb: 8192, system: "linux x64" },
			kernel: "js",
			commit: "0123456789abcdef0123456789abcdef01234567",
			dirty: false,
			startedAt: "2026-01-02T03:04:05.678Z",
			cells: rows.map(({ key, experiment, algorithm, n, d, distribution, threads = 1, ...row }) => ({
				key,
				experiment,
				algorithm,
				n,
				d,
				B: row.B ?? 1,
				...(row.degree !== undefined && { degree: row.degree }),
				distribution,
				seed: row.seed ?? 1,
				dtype: row.dtype ?? "f64",
				threads,
				kernel: row.kernel,
			})),
		},
	};
}
