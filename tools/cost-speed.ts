// npm run bench:costs: how far the cost models of the planner are from what runs take, for every algorithm and route, n = 10^3 to
// 10^7, on one thread, and exact rows of polynomials by row. The least processor time of the runs counts, which is blind to other processes.
// Points that take longer than some seconds are left out: it ends within ten minutes. `-- 5` goes up to n = 10^5. A table at the end has measured over
// predicted time, least and largest of the points of each algorithm and n. Exits 1 where a model is off by more than a
// factor of 2 and a millisecond.
import {
	type CostName,
	calibratedModel,
	costNames,
	costRun,
	countMonomials,
	exactRowsRun,
	exactRowsTime,
} from "@attgrad/approx-gradient";
import { type AttentionProblem, generateProblem } from "@attgrad/attention-problem";
import { ComputationError, createRuntime, UsageError } from "@attgrad/matrix-core";
import { processorTime } from "./processor-time.ts";

const ALLOWED = 2;
/** Predicted times beyond this are not waited for, milliseconds. */
const LONGEST = 5000;
/** A point is run again until it has taken so long, milliseconds: plain TypeScript is compiled in its first runs. */
const ENOUGH = 400;
/** A point that is off by less than this is not counted as off, milliseconds. */
const NEGLIGIBLE = 1;
/** Numbers that a problem may have: 10^7 rows at d = 4 take 1.3 GB. */
const MOST_NUMBERS = 2e8;

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
	if (
		name.startsWith("polynomial") ||
		name === "support-basis" ||
		name === "forward/polynomial" ||
		name === "forward/gauss"
	)
		return [monomials(n, 2, 5), monomials(n, 2, 16), monomials(n, 4, 3), monomials(n, 4, 7), monomials(n, 8, 4)];
	return [plain(n, 2), plain(n, 4), plain(n, 8)];
}

/** The refusal of an algorithm for which a problem is too large. @throws any other failure */
function refusal(failure: unknown): string {
	if (failure instanceof UsageError || failure instanceof ComputationError) return failure.message;
	throw failure;
}

/** Processor time of a run that is repeated, the least, milliseconds; undefined where the algorithm refuses the problem. */
async function leastTime(run: () => Promise<unknown>): Promise<number | undefined> {
	let least = Number.POSITIVE_INFINITY;
	for (let spent = 0; spent < ENOUGH; ) {
		let refused: string | undefined;
		const time = await processorTime(async () => {
			refused = await run().then(() => undefined, refusal);
		});
		if (refused !== undefined) return undefined;
		least = Math.min(least, time);
		spent += time;
	}
	return least;
}

const largest = Number(process.argv[2] ?? 7);
const runtime = await createRuntime();
const model = await calibratedModel(runtime, "f64", costNames);
const exponents = Array.from({ length: largest - 2 }, (_, at) => at + 3);
let worst = 1;
/** Measured over predicted time, by algorithm and n. */
const ratios = new Map<string, Map<number, number[]>>();
const note = (name: string, { n, d }: Pick<Point, "n" | "d">, what: string, least: number, predicted: number): void => {
	const isNegligible = Math.abs(least - predicted) < NEGLIGIBLE;
	const ratio = least / predicted;
	const off = !isNegligible && Math.max(ratio, 1 / ratio) > ALLOWED;
	if (!isNegligible) worst = Math.max(worst, ratio, 1 / ratio);
	const times = `${least.toFixed(2)} ms, predicted ${predicted.toFixed(2)} ms`;
	console.log(`${name} n ${n} d ${d} ${what}: ${times}, ratio ${ratio.toFixed(2)}${off ? " OFF" : ""}`);
	const ofName = ratios.get(name) ?? new Map<number, number[]>();
	ratios.set(name, ofName.set(n, [...(ofName.get(n) ?? []), ratio]));
};

for (const exponent of exponents) {
	const size = 10 ** exponent;
	for (const d of [2, 4, 8]) {
		if (4 * size * d > MOST_NUMBERS) continue;
		let made: AttentionProblem | undefined;
		const problem = (): AttentionProblem => {
			made ??= generateProblem({ distribution: "uniform", n: size, d, B: 0.5, seed: 1 });
			return made;
		};
		for (const name of costNames)
			for (const point of pointsOf(name, size)) {
				const predicted = model.timeOf(name, point.work);
				if (point.d !== d || predicted > LONGEST || (name === "dense" && size > 10_000)) continue;
				const least = await leastTime(costRun(name, problem(), point.options, runtime));
				if (least !== undefined) note(name, point, JSON.stringify(point.options), least, predicted);
			}
		for (const rows of [size / 100, size / 10]) {
			const predicted = exactRowsTime(model, { n: size, d }, rows);
			if (predicted > LONGEST) continue;
			const least = await leastTime(await exactRowsRun(problem(), rows, runtime));
			if (least !== undefined) note("exact rows", { n: size, d }, `${rows} rows`, least, predicted);
		}
	}
}

const column = (numbers: readonly number[] | undefined): string => {
	if (!numbers) return "";
	const [least, most] = [Math.min(...numbers).toFixed(2), Math.max(...numbers).toFixed(2)];
	return least === most ? least : `${least} to ${most}`;
};
console.log(`\n| measured over predicted | ${exponents.map((exponent) => `n = 10^${exponent}`).join(" | ")} |`);
console.log(`|---|${exponents.map(() => "---|").join("")}`);
for (const [name, ofName] of ratios)
	console.log(`| ${name} | ${exponents.map((exponent) => column(ofName.get(10 ** exponent))).join(" | ")} |`);
console.log(`worst factor ${worst.toFixed(2)}, allowed ${ALLOWED}`);
process.exitCode = worst > ALLOWED ? 1 : 0;
await runtime.close();
