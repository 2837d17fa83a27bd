import type { Row } from "../../cells/index.ts";

/** The record of the certificates of an algorithm. */
export interface CertificateRecord {
	readonly algorithm: string;
	readonly kind: NonNullable<Row["bound_kind"]>;
	/** Rows with a bound of this kind; with `none` rows that claim nothing. */
	readonly rows: number;
	/** Rows where the true error is known as well. */
	readonly checked: number;
	/** Rows whose error is above the bound. */
	readonly violated: number;
	/** Least and largest bound. */
	readonly bounds?: readonly [low: number, high: number];
	/** Least and largest multiple of the true error that the bound is, where the error is not 0. */
	readonly pessimism?: readonly [low: number, high: number];
}

/** The certificates in rows that are done, by algorithm and kind. */
export function certificatesOf(rows: readonly Row[]): CertificateRecord[] {
	const claimed = rows.flatMap(({ status, bound_kind: kind, ...row }) =>
		status === "done" && kind !== undefined ? [{ ...row, kind }] : [],
	);
	return [...Map.groupBy(claimed, ({ algorithm, kind }) => `${algorithm} ${kind}`).values()].map((group) => {
		const { algorithm, kind } = group[0];
		const known = group.flatMap(({ error_max, error_bound }) =>
			error_max === undefined || error_bound === undefined ? [] : [{ error: error_max, bound: error_bound }],
		);
		const bounds = rangeOf(group.flatMap(({ error_bound }) => error_bound ?? []));
		const pessimism = rangeOf(known.filter(({ error }) => error > 0).map(({ error, bound }) => bound / error));
		return {
			algorithm,
			kind,
			rows: group.length,
			checked: known.length,
			violated: known.filter(({ error, bound }) => error > bound).length,
			...(bounds && { bounds }),
			...(pessimism && { pessimism }),
		};
	});
}

function rangeOf(values: readonly number[]): readonly [number, number] | undefined {
	return values.length === 0 ? undefined : [Math.min(...values), Math.max(...values)];
}
