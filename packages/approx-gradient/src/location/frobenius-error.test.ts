import { join } from "node:path";
import { createOperands, headsOf, openOperands } from "@attgrad/attention-problem";
import { createRuntime, Matrix, materialise, type Random, seededRandom } from "@attgrad/matrix-core";
import { afterAll, expect, test } from "vitest";
import { plus } from "../error-bound/index.ts";
import { hybridGeometry, rowsOfProblem } from "../feature-maps/hybrid/geometry.ts";
import { hybridMap } from "../feature-maps/hybrid/hybrid-map.ts";
import { JointPivots } from "../feature-maps/hybrid/joint-pivots.ts";
import { principalFeatures } from "../feature-maps/hybrid/principal-features.ts";
import { frobeniusError, type MeasuredPart } from "./frobenius-error.ts";
import { type HeadRows, problemOfHead } from "./head.ts";
import { firstColumns } from "./head-approximation.ts";
import { locate } from "./locate.ts";
import { prefixDistances } from "./prefix-distance.ts";
import { exactError, exactSoftmax } from "./testing/exact-error.ts";

const runtime = await createRuntime();
afterAll(() => runtime.close());

interface Case {
	readonly head: HeadRows;
	readonly pivots: number;
	readonly rank: number;
	readonly part: MeasuredPart;
}

/** Bounds of the map of a head at a rank and at smaller ones, with the errors that there are. */
async function boundsOf({ head, pivots: count, rank, part }: Case, random: Random) {
	const scaled = Matrix.build(head.Q.rows, head.Q.cols, (j, b) => head.scale * head.Q.at(j, b));
	const geometry = await hybridGeometry(rowsOfProblem(problemOfHead(head)), random, runtime);
	const pivots = new JointPivots(geometry.points, geometry.weights, geometry.firstKey, random, runtime);
	await pivots.grow(count);
	const map = await hybridMap(await principalFeatures(geometry, pivots, rank, runtime), runtime);
	const [Phi, Psi] = [await map.queryFeatures(scaled), await map.keyFeatures(head.K, 0)];
	const { error, norm } = await frobeniusError({ queries: scaled, keys: head.K, Phi, Psi, map }, runtime, part);
	const F = exactSoftmax(head);
	const fewer = [1, 2, 3, 5, 8].filter((r) => r < map.rank);
	const distances = await prefixDistances(Phi, Psi, fewer, runtime);
	return [
		{ bound: error, truth: exactError(F, Phi, Psi), norm },
		...fewer.map((r, i) => ({
			bound: plus(error, distances[i]),
			truth: exactError(F, firstColumns(Phi, r), firstColumns(Psi, r)),
			norm,
		})),
	];
}

/** Kinds of heads, from easy ones to far keys, offsets, equal rows and rows of every length. */
const kinds: Record<string, (n: number, size: number, random: Random) => Pick<HeadRows, "Q" | "K">> = {
	normal: (n, size, random) => pair(n, () => size * random.normal()),
	"a key far longer": (n, size, random) => pair(n, (l, side) => (side && l === 0 ? 100 : 1) * size * random.normal()),
	"a large coordinate": (n, size, random) => pair(n, (_, side, b) => (side && b === 0 ? 1000 : size * random.normal())),
	"long queries": (n, size, random) => pair(n, (j, side) => (!side && j % 3 === 0 ? 30 : 1) * size * random.normal()),
	"equal keys": (n, size, random) => pair(n, (l, side, b) => (side ? size * ((l % 2) + b) : size * random.normal())),
	"nearly equal queries": (n, size, random) => pair(n, (_, side) => (side ? size : 1e-7) * random.normal()),
	"rows of every length": (n, size, random) => pair(n, () => size * random.normal() * 10 ** (4 * random.uniform() - 3)),
	"queries off the origin": (n, size, random) => pair(n, (_, side) => (side ? 0 : 50) + size * random.normal()),
};

function pair(n: number, entry: (row: number, ofKeys: boolean, b: number) => number): Pick<HeadRows, "Q" | "K"> {
	const rows = (ofKeys: boolean) => Matrix.build(n, 3, (j, b) => entry(j, ofKeys, b));
	return { Q: rows(false), K: rows(true) };
}

test.each(Object.entries(kinds))("%s: bounds are above the errors in whole numbers", async (name, made) => {
	let [finite, near] = [0, 0];
	for (let seed = 0; seed < 12; seed++) {
		const random = seededRandom(seed, `frobenius ${name}`);
		const n = random.integer(2, 16);
		const head = { ...made(n, 10 ** (2 * random.uniform() - 1.5), random), scale: 0.7 };
		const part = { measured: random.integer(0, 5), group: random.integer(1, 6) };
		const [count, rank] = [random.integer(1, 2 * n), random.integer(1, n)];
		const all = await boundsOf({ head, pivots: Math.max(count, rank), rank, part }, random);
		for (const { bound, truth, norm } of all) {
			const at = `seed ${seed}, n ${n}, ${JSON.stringify(part)}`;
			expect(bound, at).toBeGreaterThanOrEqual(truth * (1 - 1e-15));
			expect(norm[0], at).toBeLessThanOrEqual(norm[1]);
			if (bound < Infinity) finite++;
			if (bound < 10 * truth) near++;
		}
	}
	// The bounds say something: for equal keys nothing is left, and rounding is all of the error.
	expect(finite).toBeGreaterThan(0);
	if (name === "normal" || name === "long queries") expect(near).toBeGreaterThan(10);
});

test("a trained head's error is proven within a factor of 4, and its rank within 4 times the least", async () => {
	const file = join(import.meta.dirname, "../../../../experiments/heads/data/text-recogniser-block1.npz");
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	const own = headsOf(operands)[3];
	const [Q, K] = [own.Q, own.K].map((rows) => materialise(rows).as("f64").slice(0, 700));
	close();
	const [{ ranks, curves }] = await locate(createOperands({ Q, K, V: K }, { scale: operands.scale }), { runtime });
	const pointsOf = (kind: string) => curves.find((one) => one.method === "hybrid" && one.kind === kind)?.points ?? [];
	const proven = new Map(pointsOf("proven").map(({ rank, error }) => [rank, error]));
	const measured = pointsOf("measured").filter(({ rank }) => rank <= 256);
	expect(measured.length).toBeGreaterThan(8);
	for (const { rank, error } of measured) {
		expect(proven.get(rank), `rank ${rank}`).toBeGreaterThanOrEqual(error * (1 - 1e-9));
		expect(proven.get(rank), `rank ${rank}`).toBeLessThan(4 * error);
	}
	for (const { delta, least, proven } of ranks.filter(({ delta }) => delta >= 1e-2))
		expect(proven.hybrid ?? Infinity, `${delta}`).toBeLessThanOrEqual(4 * least);
});
