import type { Row } from "../../cells/index.ts";
import { numberText } from "../scales/number-text.ts";

/**
 * The proved error of a row over max |g|: its own column, or by the true error that was measured in both measures, or by the largest
 * entry that was computed. Undefined where nothing is proved or the gradient's size is not known.
 */
export function provedShare({
	bound_rel,
	error_bound,
	bound_kind,
	error_max,
	error_rel,
	extra,
}: Row): number | undefined {
	if (bound_kind === "estimate") return undefined;
	if (bound_rel !== undefined) return bound_rel;
	if (error_bound === undefined) return undefined;
	const largest = extra?.["largest"];
	if (typeof largest === "number" && largest > 0) return error_bound / largest;
	return error_max && error_rel ? (error_bound * error_rel) / error_max : undefined;
}

/** The range of the proved errors over max |g| for each algorithm, as a sentence for a figure of times; empty where no row has one. */
export function describeProved(rows: readonly Row[]): string {
	const done = rows.filter(({ status }) => status === "done");
	const parts = [...Map.groupBy(done, ({ algorithm }) => algorithm)].flatMap(([algorithm, own]) => {
		const shares = own.flatMap((row) => provedShare(row) ?? []);
		if (shares.length === 0) return [];
		const [least, most] = [Math.min(...shares), Math.max(...shares)].map((share) =>
			numberText(Number(share.toPrecision(1))),
		);
		return [`${algorithm} ${least === most ? least : `${least} to ${most}`}`];
	});
	return parts.length === 0 ? "" : `Proved error over max |g|: ${parts.join(", ")}.`;
}
