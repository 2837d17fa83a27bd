import type { LocatedHead } from "./locate.ts";

/** A column of the table of heads: its heading, and the text of a head's cell. */
export interface HeadColumn {
	readonly name: string;
	readonly text: (head: LocatedHead) => string;
}

const twoDigits = (x: number): string => x.toPrecision(2);

/** The least rank that is proved to be within epsilon. */
const provenRank = ({ ranks, epsilon }: LocatedHead): number | null => {
	const { hybrid, nystrom } = ranks.find(({ delta }) => delta === epsilon)?.proven ?? { hybrid: null, nystrom: null };
	return hybrid === null || nystrom === null ? (hybrid ?? nystrom) : Math.min(hybrid, nystrom);
};

/**
 * The columns of the table that tells where heads lie: verdict, bound B and B/√ln n, median radius of the scores about 0 and about the keys' mean,
 * directions that carry 90, 99 and 99.9 % of the variance, keys that the median row looks at (e^entropy), the least rank of any
 * approximation and the certified rank at epsilon, and the length from which that pays.
 */
export const headColumns: readonly HeadColumn[] = [
	{ name: "head", text: ({ index }) => String(index) },
	{ name: "verdict", text: ({ verdict }) => verdict },
	{ name: "B", text: ({ geometry }) => twoDigits(geometry.B) },
	{ name: "B/√ln n", text: ({ geometry }) => twoDigits(geometry.overThreshold) },
	{ name: "radius", text: ({ geometry }) => twoDigits(geometry.radius.median) },
	{ name: "centred", text: ({ geometry }) => twoDigits(geometry.centredRadius.median) },
	{ name: "directions", text: ({ geometry }) => geometry.directions.join("/") },
	{ name: "keys", text: ({ entropy }) => Math.exp(entropy.median).toFixed(0) },
	{ name: "least", text: ({ ranks, epsilon }) => String(ranks.find(({ delta }) => delta === epsilon)?.least ?? "") },
	{ name: "proved", text: (head) => String(provenRank(head) ?? "none") },
	{ name: "pays from", text: ({ certified }) => (certified.paysFrom === null ? "never" : String(certified.paysFrom)) },
];
