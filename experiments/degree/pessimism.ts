import type { Row } from "@attgrad/harness";

/**
 * How many degrees later than the error itself the certified bound falls below a target, for every target that is a
 * bound of these rows: the least and the most. Bounds within a factor 10 of the rounding floor are left out, since no
 * degree lowers them.
 * @returns undefined where no row has a bound that a smaller degree's error meets
 */
export function pessimism(rows: readonly Row[]): { least: number; most: number } | undefined {
	const late = rows.flatMap((row) => {
		const { B, seed, degree, error_bound } = row;
		if (degree === undefined || error_bound === undefined || isNearFloor(error_bound, row)) return [];
		const enough = rows
			.filter((other) => other.B === B && other.seed === seed)
			.flatMap((other) =>
				other.error_max !== undefined && other.error_max <= error_bound ? (other.degree ?? []) : [],
			);
		// At the least degree there is, how much smaller a degree would do is not known.
		return Math.min(...enough) > leastDegree(rows) ? [degree - Math.min(...enough)] : [];
	});
	return late.length > 0 ? { least: Math.min(...late), most: Math.max(...late) } : undefined;
}

/** Whether a bound is within a factor 10 of the rounding floor; never where the row has no floor. */
const isNearFloor = (bound: number, { extra }: Row) => {
	const floor = extra?.["floor"];
	return typeof floor === "number" && bound < 10 * floor;
};

const leastDegree = (rows: readonly Row[]) => Math.min(...rows.flatMap(({ degree }) => degree ?? []));

/** The title of the figure: whether each bound holds, and its cost. */
export function describePessimism(rows: readonly Row[]): string {
	const certified = rows.flatMap(({ error_max, error_bound }) =>
		error_max === undefined || error_bound === undefined ? [] : [{ error: error_max, bound: error_bound }],
	);
	const broken = certified.filter(({ error, bound }) => error > bound).length;
	const late = pessimism(rows);
	if (broken > 0) return `${broken} of ${certified.length} certified bounds are below the error`;
	const holds = `All ${certified.length} certified bounds hold`;
	if (!late) return holds;
	const degrees = late.least === late.most ? `${late.most}` : `${late.least} to ${late.most}`;
	return `${holds}, at a cost of ${degrees} degree${degrees === "1" ? "" : "s"}`;
}
