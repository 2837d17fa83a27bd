import { type CostName, type CostSample, costSamples } from "@attgrad/approx-gradient";

const { byRow, clustered, features, layer, plain, ranked, squared } = costSamples;

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

/** Numbers of rows and features up to which hybrid holds the factor of its pivots, of which there are twice as many as features. */
const MOST_FEATURES = 2e7;

/** The runs that the cost model of an algorithm is compared with at one n. */
export function costPoints(name: CostName, n: number): CostSample[] {
	const holdsRows = name === "forward/gauss" || name === "backward/polynomial";
	return pointsOf(name, n).filter(({ d }) => !holdsRows || n * d <= MOST_HELD);
}

function pointsOf(name: CostName, n: number): CostSample[] {
	switch (name) {
		case "clusters":
			return [clustered(n, 2, 6, 1), clustered(n, 2, 16, 1), clustered(n, 2, 6, 8), clustered(n, 4, 4, 4)];
		case "nystrom":
			return [ranked(n, 2, 50), ranked(n, 4, 150)];
		case "hybrid":
		case "forward/hybrid":
		case "backward/hybrid":
			return [ranked(n, 4, 32), ranked(n, 8, 64), ranked(n, 16, 128)].filter(
				({ work: { size = 1 } }) => n * size <= MOST_FEATURES,
			);
		case "random-features":
			return [features(n, 4, 256)];
		case "linear-attention":
			return [squared(n, 4)];
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
			return degrees.map(([d, degree]) => byRow(n, d, degree));
	}
}
