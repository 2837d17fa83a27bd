import type { Row } from "../cells/index.ts";

/** Conditions that must be the same for times to be comparable; default: all of them. */
export const conditions = ["machine", "kernel", "dtype", "threads"] as const;

/** A condition of a measurement. */
export type Condition = (typeof conditions)[number];

/** A row with what was asked for in its cell. */
export interface Point {
	readonly row: Row;
	readonly epsilon?: number | undefined;
	readonly relative?: number | undefined;
	readonly degree?: number | undefined;
	readonly rounds?: readonly (readonly number[])[] | undefined;
}

/** A point with a median time that others did not disturb, milliseconds. */
export interface TimedPoint extends Point {
	readonly row: Row & { readonly time_ms: number };
}

/** The same point in two runs. */
export interface Pair {
	/** `scaling streaming n=1024 d=4 B=1`. */
	readonly name: string;
	readonly first: TimedPoint;
	readonly second: TimedPoint;
}

/** A point that one run alone has timed. */
export interface LonePoint {
	readonly name: string;
	/** The run that has timed it. */
	readonly run: "first" | "second";
	/** Its outcome in the other run; absent where that run does not have it. */
	readonly otherwise?: string;
}

/** The points that two runs have in common, and those that cannot be compared. */
export interface Matched {
	readonly pairs: readonly Pair[];
	/** Points that one run alone has timed. */
	readonly alone: readonly LonePoint[];
	/** Of points that both have: what differs, so that they cannot be compared, with the values of each run. */
	readonly differing: ReadonlyMap<Condition, readonly [first: string, second: string]>;
	/** Points that are left out for that. */
	readonly incomparable: number;
}

/**
 * Pairs the points of two runs. Keys are not what pairs them, since they change with the program.
 * @param across what may differ
 */
export function matchPoints(first: readonly Point[], second: readonly Point[], across: readonly Condition[]): Matched {
	const needed = conditions.filter((name) => !across.includes(name));
	const others = Map.groupBy(second.filter(isTimed), nameOf);
	const pairs: Pair[] = [];
	const differing = new Map<Condition, [string, string]>();
	const alone: LonePoint[] = [];
	const incomparable: string[] = [];
	for (const point of first.filter(isTimed)) {
		const name = nameOf(point);
		const candidates = others.get(name) ?? [];
		const fit = (names: readonly Condition[]) =>
			candidates.findIndex(({ row }) => names.every((what) => row[what] === point.row[what]));
		// Where several will do, the one that agrees in all.
		const found = [fit(conditions), fit(needed)].find((i) => i >= 0);
		if (found !== undefined) pairs.push({ name, first: point, second: candidates.splice(found, 1)[0] });
		else if (candidates.length === 0) alone.push(lonePoint(name, "first", second));
		else {
			incomparable.push(name);
			for (const what of needed)
				if (candidates[0].row[what] !== point.row[what])
					differing.set(what, [String(point.row[what]), String(candidates[0].row[what])]);
		}
	}
	for (const [name, left] of others) {
		// One that cannot be compared is told as such, and not as one that stands alone too.
		const told = incomparable.filter((other) => other === name).length;
		for (const _ of left.slice(told)) alone.push(lonePoint(name, "second", first));
	}
	return { pairs, alone, differing, incomparable: incomparable.length };
}

function lonePoint(name: string, run: LonePoint["run"], others: readonly Point[]): LonePoint {
	const other = others.find((point) => nameOf(point) === name);
	return { name, run, ...(other && { otherwise: other.row.contended ? "contended" : other.row.status }) };
}

const isTimed = (point: Point): point is TimedPoint => {
	const { status, contended, time_ms } = point.row;
	return status === "done" && !contended && time_ms !== undefined && time_ms > 0;
};

function nameOf({ row, epsilon, relative, degree }: Point): string {
	const { experiment, algorithm, n, d, B, distribution, seed } = row;
	const usual = { distribution: "uniform", seed: 1 };
	const parts = Object.entries({ n, d, B, epsilon, relative, degree, distribution, seed }).filter(
		([name, value]) => value !== undefined && value !== usual[name as keyof typeof usual],
	);
	return [experiment, algorithm, ...parts.map(([name, value]) => `${name}=${value}`)].join(" ");
}
