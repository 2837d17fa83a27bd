import type { LocatedHead } from "@attgrad/approx-gradient";
import type { Row } from "../cells/index.ts";
import type { LineFigure } from "../figures/index.ts";

/** The content of `extra` in the row of a head; the figures make rows of their own from it, for the points of curves. */
interface HeadExtra {
	readonly located?: LocatedHead;
	/** The part that a point is of, its rank and relative error, and a length over the head's. */
	readonly curve?: string;
	readonly rank?: number;
	readonly error?: number;
	readonly length?: number;
}

const extraOf = (row: Row): HeadExtra => (row.extra ?? {}) as unknown as HeadExtra;

/** The file that a head is from: a sweep's rows name the head beside it. */
const fileOf = ({ distribution }: Row): string => distribution.split(" ")[0];

const nameOf = (row: Row): string => `${fileOf(row)} ${locatedOf(row)?.index ?? ""}`.trim();

/** A row for each head of a file, as a sweep would have it. */
export function locationRows(name: string, located: readonly LocatedHead[]): Row[] {
	return located.map(
		(head): Row => ({
			...{ key: "0".repeat(16), experiment: "heads", algorithm: "locate", n: head.n_k, d: head.d, B: head.geometry.B },
			...{ epsilon: head.epsilon, distribution: name, kernel: "", status: "done", reason: "", contended: false },
			...{ started_at: new Date(0).toISOString(), machine: "", commit: "" },
			extra: { located: head },
		}),
	);
}

/** The points of a head's curves, a row each. */
function pointsOf(row: Row): Row[] {
	const head = locatedOf(row);
	if (!head) return [];
	const points: HeadExtra[] = [
		...head.curves.flatMap(({ method, kind, points }) =>
			points.map(({ rank, error }) => ({ curve: `${method} ${kind}`, rank, error })),
		),
		...head.ranks.map(({ delta, least }) => ({ curve: "least", rank: Math.max(1, least), error: delta })),
	];
	return points
		.filter(({ error = 0 }) => error >= 1e-6 && error <= 2)
		.map((point) => ({ ...row, extra: { ...row.extra, ...point } }));
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
		const heads = [...new Map(rows.map((row) => [nameOf(row), row])).values()];
		const below = count(heads, "below");
		return `Of ${heads.length} heads ${below} ${below === 1 ? "lies" : "lie"} below, ${count(heads, "near")} near and ${count(heads, "above")} above the length from which a certified approximation pays`;
	},
	regime: (rows) => `relative error ${locatedOf(rows[0])?.epsilon ?? ""} of the softmax matrix, Frobenius norm`,
	x: { title: "B / √ln n", scale: "log" },
	y: { title: "pays from, in lengths of the head", scale: "log" },
	series: [
		{
			name: (row) => `${locatedOf(row)?.index} ${locatedOf(row)?.verdict}`,
			kind: "measured",
			x: (row) => locatedOf(row)?.geometry.overThreshold,
			y: (row) => extraOf(row).length,
			along: (row) => extraOf(row).length,
		},
	],
	rules: [
		{ axis: "x", at: () => 1, label: "B = √ln n" },
		{ axis: "y", at: () => 1, label: "pays here" },
	],
	panels: {
		value: (row) => `${fileOf(row)} ${row.n}`,
		heading: ([row]) => `${fileOf(row)}, n = ${row.n}, d = ${row.d}`,
	},
	caveat:
		"The lower end of a line is the length for the least rank, below which no approximation can be; the upper end that of the certified rank, and is missing where none is certified. By predicted times, the rank staying what it is.",
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
	only: isHead,
	unfold: pointsOf,
	title: () => "Rank of the softmax matrix at a relative error, from below and from above",
	regime: (rows) => [...new Set(rows.map(({ n, d }) => `n = ${n}, d = ${d}`))].join("; "),
	x: { title: "relative error, Frobenius norm", scale: "log" },
	y: { title: "rank", scale: "log" },
	panels: { value: nameOf, heading: ([row]) => nameOf(row) },
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
