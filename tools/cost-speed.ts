// npm run bench:costs: how far the cost models of the planner are from what runs take, for every algorithm and route, n = 10^3 to
// 10^7, on one thread. The least processor time of the runs counts, which is blind to other processes. `-- 5` goes up to n = 10^5.
// Exits 1 where a model is off by more than a factor of 2.
import { type CostName, calibratedModel, costNames, costRun, countMonomials } from "@attgrad/approx-gradient";
import { generateProblem, generateRows } from "@attgrad/attention-problem";
import { ComputationError, createRuntime, UsageError } from "@attgrad/matrix-core";

const ALLOWED = 2;
/** Predicted times beyond this are not waited for, milliseconds. */
const LONGEST = 60_000;
/** Rows are held in memory up to this size; beyond they are generated when they are read. */
const IN_MEMORY = 1_000_000;

interface Point {
	readonly n: number;
	readonly d: number;
	readonly options: Readonly<Record<string, unknown>>;
	readonly work: Parameters<Awaited<ReturnType<typeof calibratedModel>>["timeOf"]>[1];
}

const sizes = (d: number, degree: number) => ({
	size: countMonomials(d, degree),
	raisedSize: countMonomials(d, degree + 1),
	degree,
});
const monomials = (n: number, d: number, degree: number): Point => ({
	...{ n, d, options: { degree } },
	work: { n, d, ...sizes(d, degree) },
});
const plain = (n: number, d: number): Point => ({ n, d, options: {}, work: { n, d } });
const ranked = (n: number, d: number, rank: number): Point => ({
	...{ n, d, options: { rank } },
	work: { n, d, size: rank },
});
const clustered = (n: number, d: number, degree: number, each: number): Point => ({
	...{ n, d, options: { degree, queryClusters: each, keyClusters: each } },
	work: { n, d, ...sizes(d, degree), clusters: 2 * each },
});

function pointsOf(name: CostName, n: number): Point[] {
	if (name === "clusters")
		return [clustered(n, 2, 6, 1), clustered(n, 2, 16, 1), clustered(n, 2, 6, 8), clustered(n, 4, 4, 4)];
	if (name === "nystrom") return [ranked(n, 2, 50), ranked(n, 4, 150)];
	if (name === "random-features") return [{ n, d: 4, options: { features: 256 }, work: { n, d: 4, size: 256 } }];
	if (name === "linear-attention") return [{ ...plain(n, 4), work: { n, d: 4, size: 15, raisedSize: 35 } }];
	if (name.startsWith("polynomial") || name === "support-basis" || name === "forward/polynomial")
		return [monomials(n, 2, 5), monomials(n, 2, 16), monomials(n, 4, 3), monomials(n, 4, 7), monomials(n, 8, 4)];
	return [plain(n, 2), plain(n, 4), plain(n, 8)];
}

/** The refusal of an algorithm for which a problem is too large. @throws any other failure */
function refusal(failure: unknown): string {
	if (failure instanceof UsageError || failure instanceof ComputationError) return failure.message;
	throw failure;
}

const largest = Number(process.argv[2] ?? 7);
const runtime = await createRuntime();
let worst = 1;
for (const name of costNames) {
	const model = await calibratedModel(runtime, "f64", [name]);
	for (let exponent = 3; exponent <= largest; exponent++)
		for (const { n, d, options, work } of pointsOf(name, 10 ** exponent)) {
			const predicted = model.timeOf(name, work);
			if (predicted > LONGEST || (name === "dense" && n > 10_000)) continue;
			const given = { distribution: "uniform", n, d, B: 0.5, seed: 1 } as const;
			const problem = n <= IN_MEMORY ? generateProblem(given) : generateRows(given);
			const run = costRun(name, problem, options, runtime);
			let least = Number.POSITIVE_INFINITY;
			for (let round = 0, spent = 0; round < 2 || (spent < 200 && round < 20); round++) {
				const before = process.cpuUsage();
				const refused = await run().then(() => undefined, refusal);
				if (refused !== undefined) break;
				const { user, system } = process.cpuUsage(before);
				least = Math.min(least, (user + system) / 1000);
				spent += (user + system) / 1000;
				if (spent > 2000) break;
			}
			if (!Number.isFinite(least)) continue;
			const ratio = least / predicted;
			worst = Math.max(worst, ratio, 1 / ratio);
			const off = Math.max(ratio, 1 / ratio) > ALLOWED ? " OFF" : "";
			console.log(
				`${name} n ${n} d ${d} ${JSON.stringify(options)}: ${least.toFixed(2)} ms, predicted ${predicted.toFixed(2)} ms, ratio ${ratio.toFixed(2)}${off}`,
			);
		}
}
console.log(`worst factor ${worst.toFixed(2)}, allowed ${ALLOWED}`);
process.exitCode = worst > ALLOWED ? 1 : 0;
await runtime.close();
