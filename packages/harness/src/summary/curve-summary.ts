import { seededRandom } from "@attgrad/matrix-core";
import type { Row } from "../cells/index.ts";
import { chooseGrowth, fitPowerLaw, type Growth, largestWithin, type PowerLaw, type Reach } from "../fits/index.ts";
import type { Run } from "../store/index.ts";
import { type CurveRows, curvesOverSizes } from "./curves.ts";

/** Times that a reader may have, milliseconds. */
export const patience = [1_000, 10_000, 60_000] as const;

/** The summary of a curve of times over n. */
export interface CurveSummary {
	readonly algorithm: string;
	/** The part of the setting that distinguishes this curve from others; "" where nothing does. */
	readonly setting: string;
	/** Smallest and largest n that is done; absent where none is. */
	readonly sizes?: readonly [low: number, high: number];
	/** Median time at the smallest and the largest n, milliseconds. */
	readonly times?: readonly [first: number, last: number];
	/** Absent where there are fewer than 4 sizes. */
	readonly growth?: Growth & { readonly law: PowerLaw };
	/** Largest n within each time of `patience`; undefined where the fit does not tell. */
	readonly reach: readonly (Reach | undefined)[];
	/** Largest error that is known, max |g~ − g|. */
	readonly error?: number;
	/** Largest bound that a certificate proves. */
	readonly bound?: number;
	/** Rows by what became of them. */
	readonly counts: Readonly<Partial<Record<Row["status"], number>>>;
}

/** A summary of each curve of a run, in the order of its rows. */
export function summariseCurves({ info, rows }: Pick<Run, "info" | "rows">): CurveSummary[] {
	return curvesOverSizes(info.cells, rows).map(summarise);
}

function summarise({ algorithm, setting, rows, times }: CurveRows): CurveSummary {
	const done = rows.filter(({ status }) => status === "done");
	const law = fitPowerLaw(times, seededRandom(1, "summary"));
	const error = largest(done.flatMap(({ error_max }) => error_max ?? []));
	const bound = largest(done.flatMap((row) => (row.bound_kind?.startsWith("a-") && row.error_bound) || []));
	const counts: Partial<Record<Row["status"], number>> = {};
	for (const { status } of rows) counts[status] = (counts[status] ?? 0) + 1;
	return {
		algorithm,
		setting,
		...(done.length > 0 && { sizes: [done[0].n, done[done.length - 1].n] }),
		...(times.length > 0 && { times: [times[0].value, times[times.length - 1].value] }),
		...(law && { growth: { ...chooseGrowth(times), law } }),
		reach: patience.map((limit) => largestWithin(times, limit)),
		...(error !== undefined && { error }),
		...(bound !== undefined && { bound }),
		counts,
	};
}

function largest(values: readonly number[]): number | undefined {
	return values.length === 0 ? undefined : Math.max(...values);
}
