import type { Row } from "../cells/index.ts";
import type { LineFigure } from "../figures/index.ts";
import type { LocatedHead } from "./locate.ts";

/** What the rows of a head hold in `extra`. */
interface HeadExtra {
	/** Name of the head. */
	readonly head: string;
	/** Of the row of the whole head. */
	readonly located?: LocatedHead;
	/** Of the row of a point of a curve: which, and its rank and relative error. */
	readonly curve?: string;
	readonly rank?: number;
	readonly error?: number;
}

const extraOf = (row: Row): HeadExtra => (row.extra ?? { head: "" }) as unknown as HeadExtra;

/** A row for each head, and one for each point of its curves: what the figures are drawn from. */
export function locationRows(name: string, located: readonly LocatedHead[], about: Partial<Row> = {}): Row[] {
	return located.flatMap((head) => {
		const label = `${name} ${head.index}`;
		const row = (extra: HeadExtra): Row => ({
			...{ key: "0".repeat(16), experiment: "heads", algorithm: "locate", n: head.n_k, d: head.d, B: head.geometry.B },
			...{ epsilon: head.epsilon, distribution: name, kernel: "", status: "done", reason: "", contended: false },
			...{ started_at: new Date(0).toISOString(), machine: "", commit: "", ...about },
			extra: { ...extra },
		});
		const points = [
			...head.curves.flatMap(({ method, kind, points }) =>
				points.map(({ rank, error }) => ({ curve: `${method} ${kind}`, rank, error })),
			),
			...head.ranks.map(({ delta, least }) => ({ curve: "least", rank: Math.max(1, least), error: delta })),
		];
		return [row({ head: label, located: head }), ...points.map((point) => row({ head: label, ...point }))];
	});
}

const isHead = (row: Row): boolean => extraOf(row).located !== undefined;

const locatedOf = (row: Row): LocatedHead | undefined => extraOf(row).located;

const count = (rows: readonly Row[], verdict: string): number =>
	rows.filter((row) => locatedOf(row)?.verdict === verdict).length;

/** The lengths from which an approximation pays: of the least rank, and of the certified one, as rows of their own. */
const lengthsOf = (row: Row): Row[] => {
	const head = locatedOf(row);
	if (!head) return [];
	const own = Math.min(head.n_q, head.n_k);
	return [head.leastPaysFrom, head.certified.paysFrom].flatMap((length) =>
		length === null ? [] : [{ ...row, extra: { ...row.extra, length: length / own } }],
	);
};

const phase: LineFigure = {
	name: "heads",
	only: isHead,
	unfold: lengthsOf,
	title: ({ rows }) => {
		const heads = [...new Map(rows.map((row) => [extraOf(row).head, row])).values()];
		return `Of ${heads.length} heads ${count(heads, "below")} lie below, ${count(heads, "near")} near and ${count(heads, "above")} above the length from which a certified approximation pays`;
	},
	regime: (rows) => `relative error ${rows[0]?.epsilon ?? ""} of the softmax matrix, Frobenius norm`,
	x: { title: "B / √ln n", scale: "log" },
	y: { title: "length from which it pays / length of the head", scale: "log" },
	series: [
		{
			name: (row) => `${extraOf(row).head.split(" ").at(-1)} ${locatedOf(row)?.verdict}`,
			kind: "measured",
			x: (row) => locatedOf(row)?.geometry.overThreshold,
			y: (row) => row.extra?.["length"] as number,
			along: (row) => row.extra?.["length"] as number,
		},
	],
	rules: [
		{ axis: "x", at: () => 1, label: "B = √ln n" },
		{ axis: "y", at: () => 1, label: "pays here" },
	],
	panels: {
		value: ({ distribution }) => distribution,
		heading: ([row]) => `${row.distribution}, n = ${row.n}, d = ${row.d}`,
	},
	caveat:
		"The lower end of a line is the length for the least rank, below which no approximation can be; the upper end that of the certified rank, and is missing where none is certified. By counts of flops, the rank staying what it is.",
};

const curves = [
	["least", "least rank there is", "predicted"],
	["hybrid measured", "hybrid, reached", "measured"],
	["hybrid proven", "hybrid, proved", "predicted"],
	["nystrom measured", "Nyström, reached", "measured"],
	["nystrom proven", "Nyström, proved", "predicted"],
	["polynomial measured", "polynomial, reached", "measured"],
] as const;

const rank: LineFigure = {
	name: "ranks",
	only: (row) =>
		extraOf(row).curve !== undefined && (extraOf(row).error ?? 0) <= 2 && (extraOf(row).error ?? 0) >= 1e-6,
	title: () => "Rank of the softmax matrix at a relative error, from below and from above",
	regime: (rows) => `n = ${rows[0]?.n ?? ""}, d = ${rows[0]?.d ?? ""}`,
	x: { title: "relative error, Frobenius norm", scale: "log" },
	y: { title: "rank", scale: "log" },
	panels: { value: (row) => extraOf(row).head, heading: ([row]) => extraOf(row).head },
	series: curves.map(([curve, name, kind]) => ({
		name,
		kind,
		x: (row: Row) => (extraOf(row).curve === curve ? extraOf(row).error : undefined),
		y: (row: Row) => extraOf(row).rank,
	})),
	caveat: "No approximation lies below the lowest curve, which is proved. A rank above n is no gain.",
};

/** Heads over the phase diagram, and ranks from below and from above. */
export const locationFigures: readonly LineFigure[] = [phase, rank];
