import { type CostName, countMonomials } from "@attgrad/approx-gradient";

/** A run that a cost model is compared with: options, and the sizes that its time depends on. */
export interface CostPoint {
	readonly d: number;
	readonly options: Readonly<Record<string, unknown>>;
	readonly work: Readonly<Record<string, number>> & { readonly n: number; readonly d: number };
}

const sizes = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
	degree,
});

const monomials = (n: number, d: number, degree: number): CostPoint => ({
	...{ d, options: { degree } },
	work: { n, d, ...sizes(d, degree) },
});

const plain = (n: number, d: number): CostPoint => ({ d, options: {}, work: { n, d } });

const ranked = (n: number, d: number, rank: number): CostPoint => ({
	...{ d, options: { rank } },
	work: { n, d, size: rank },
});

const clustered = (n: number, d: number, degree: number, each: number): CostPoint => ({
	...{ d, options: { degree, queryClusters: each, keyClusters: each } },
	work: { n, d, ...sizes(d, degree), clusters: 2 * each },
});

const layer = (n: number, d: number, mask: "none" | "causal", degree?: number): CostPoint => ({
	...{ d, options: { mask, ...(degree !== undefined && { degree }) } },
	work: {
		...{ n, d, ...(degree !== undefined && sizes(d, degree)) },
		...(mask === "none" ? { pairs: n * n, edges: 0 } : { pairs: (n * (n + 1)) / 2, edges: n }),
	},
});

const masks = ["none", "causal"] as const;

/** Widths and degrees of polynomials. */
const degrees = [
	[2, 5],
	[2, 16],
	[4, 3],
	[4, 7],
	[8, 4],
] as const;

/** Numbers of rows and features up to which kernels hold all rows of a pass, beside its sums, in the 4 GiB that they can address. */
const MOST_HELD = 2e7;

/** The runs that the cost model of an algorithm is compared with at one n. */
export function costPoints(name: CostName, n: number): CostPoint[] {
	const holdsRows = name === "forward/gauss" || name === "backward/polynomial";
	return pointsOf(name, n).filter(({ d }) => !holdsRows || n * d <= MOST_HELD);
}

function pointsOf(name: CostName, n: number): CostPoint[] {
	switch (name) {
		case "clusters":
			return [clustered(n, 2, 6, 1), clustered(n, 2, 16, 1), clustered(n, 2, 6, 8), clustered(n, 4, 4, 4)];
		case "nystrom":
			return [ranked(n, 2, 50), ranked(n, 4, 150)];
		case "random-features":
			return [{ d: 4, options: { features: 256 }, work: { n, d: 4, size: 256 } }];
		case "linear-attention":
			return [{ ...plain(n, 4), work: { n, d: 4, ...sizes(4, 2) } }];
		case "definition":
		case "backward/definition":
		case "dense":
		case "streaming":
		case "forward/streaming":
			return [plain(n, 2), plain(n, 4), plain(n, 8)];
		case "backward/streaming":
			return masks.flatMap((mask) => [2, 4, 8].map((d) => layer(n, d, mask)));
		case "backward/polynomial":
			return masks.flatMap((mask) => [
				layer(n, 2, mask, 9),
				layer(n, 4, mask, 3),
				layer(n, 4, mask, 7),
				layer(n, 8, mask, 3),
			]);
		default:
			return degrees.map(([d, degree]) => monomials(n, d, degree));
	}
}
