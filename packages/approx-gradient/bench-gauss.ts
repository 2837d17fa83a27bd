import { type AttentionProblem, distributions, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, maxAbs, maxAbsDifference, type RowSource } from "@attgrad/matrix-core";
import { choices, flag, scriptArguments, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { polynomial } from "./src/index.ts";

const parts = ["bounds", "distributions", "cost", "certified", "tightness", "pairs"] as const;
const values = scriptArguments({
	call: "npm run bench:gauss",
	summary: `How good polynomials by row are, beside one polynomial for all rows: bounds at equal degree, cost at equal degree, time to a proved
		relative error, bound over true error, and what sampled pairs cost and gain beside a degree more.

		One thread, double precision. Ratios are of least processor times of interleaved runs.`,
	options: {
		parts: choices("the measurements", parts),
		rounds: wholeNumber("rounds of the part cost; other parts have their own", { default: 12 }),
		long: flag("add ten million tokens on two threads, which take 1.3 GB, and pairs at a million"),
	},
});
const runtime = await createRuntime({ threads: 1 });

type Options = Readonly<Record<string, unknown>>;
const run = (problem: AttentionProblem<RowSource>, options: Options, on = runtime) =>
	polynomial.run(problem, polynomial.options.parse(options), on);

/** The proved bound, or Infinity where the run is refused. */
async function boundOf(problem: AttentionProblem, options: Options): Promise<number> {
	try {
		return (await run(problem, options)).certificate?.bound ?? Number.POSITIVE_INFINITY;
	} catch (failure) {
		if (failure instanceof ComputationError) return Number.POSITIVE_INFINITY;
		throw failure;
	}
}

/** Least processor time of each way, ways in turn; Infinity for a way that is refused. */
async function leastTimes(ways: Readonly<Record<string, () => Promise<unknown>>>, times = values.rounds) {
	const least = new Map(Object.keys(ways).map((name) => [name, Number.POSITIVE_INFINITY]));
	const refused = new Set<string>();
	for (let round = 0; round < times; round++)
		for (const [name, way] of Object.entries(ways)) {
			if (refused.has(name)) continue;
			const before = process.cpuUsage();
			try {
				await way();
			} catch (failure) {
				if (!(failure instanceof ComputationError)) throw failure;
				console.log(`  ${name}: ${failure.message}`);
				refused.add(name);
			}
			const { user, system } = process.cpuUsage(before);
			if (!refused.has(name)) least.set(name, Math.min(least.get(name) ?? 0, (user + system) / 1000));
		}
	return least;
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const short = (x: number): string => Number(x.toPrecision(3)).toString();

/** How many times the bound falls at equal degree. */
async function bounds(): Promise<void> {
	console.log("bound of chebyshev over that of gauss, n = 16384, B = 1 (asked: odd degrees 100, even 50)");
	for (const distribution of ["uniform", "gaussian"])
		for (const d of [4, 8]) {
			const problem = generateProblem({ distribution, n: 16_384, d, B: 1, seed: 1 });
			for (const degree of [4, 5, 6, 7, 8]) {
				const [old, own] = [await boundOf(problem, { degree }), await boundOf(problem, { degree, basis: "gauss" })];
				console.log(`  ${distribution} d ${d} degree ${degree}: ${short(old / own)} (${short(own)})`);
			}
		}
}

/** The bound is never above that of the other bases. */
async function ofDistributions(): Promise<void> {
	console.log("least ratio of bounds, chebyshev or minimax over gauss, n = 4096, degrees 4 to 8 (asked: 1)");
	for (const distribution of distributions) {
		let least = Number.POSITIVE_INFINITY;
		for (const [d, B] of [
			[2, 0.5],
			[4, 1],
		]) {
			const problem = generateProblem({ distribution, n: 4096, d, B, seed: 1 });
			for (const degree of [4, 5, 6, 7, 8]) {
				const own = await boundOf(problem, { degree, basis: "gauss" });
				for (const basis of ["chebyshev", "minimax"]) {
					const old = await boundOf(problem, { degree, basis });
					if (Number.isFinite(own) || Number.isFinite(old)) least = Math.min(least, old / own);
				}
			}
		}
		console.log(`  ${distribution}: ${short(least)}`);
	}
}

const forms = ["l1", "v2", "vd"] as const;

/** Time at equal degree. */
async function cost(): Promise<void> {
	console.log("time over chebyshev at degree 7, B = 0.5 (asked: l1 1.10; v2 1.40 at d = 4, 1.30 at d = 8)");
	for (const [d, n] of [
		[4, 16_384],
		[8, 2048],
	]) {
		const problem = generateProblem({ distribution: "uniform", n, d, B: 0.5, seed: 1 });
		const way = (options: Options) => () => run(problem, { degree: 7, ...options });
		const times = await leastTimes({
			chebyshev: way({}),
			l1: way({ basis: "gauss", form: "l1" }),
			v2: way({ basis: "gauss", form: "v2" }),
			vd: way({ basis: "gauss", form: "vd" }),
		});
		const base = times.get("chebyshev") ?? 0;
		const ratios = forms.map((form) => `${form} ${short((times.get(form) ?? 0) / base)}`);
		console.log(`  d ${d} n ${n}: ${ratios.join(", ")} (chebyshev ${short(base)} ms)`);
	}
}

/** Time to a proved relative error, beside one polynomial for all rows by either route. */
async function certified(): Promise<void> {
	console.log(
		"time of chebyshev, routes moment and reverse, over that of gauss to a proved relative error, n = 65536, uniform, B = 1 (asked: d = 4 2, d = 8 5)",
	);
	for (const d of [4, 8])
		for (const relative of [1e-3, 1e-6]) {
			const problem = generateProblem({ distribution: "uniform", n: 65_536, d, B: 1, seed: 1 });
			const way = (options: Options) => () => run(problem, { relative, ...options });
			const ways = {
				gauss: way({ basis: "gauss" }),
				moment: way({ basis: "chebyshev" }),
				reverse: way({ basis: "chebyshev", route: "reverse" }),
			};
			const times = await leastTimes(ways, d === 4 ? values.rounds : 1);
			const [own, moment, reverse] = ["gauss", "moment", "reverse"].map((name) => times.get(name) ?? 0);
			console.log(
				`  d ${d} relative ${relative}: ${short(moment / own)}, ${short(reverse / own)} (gauss ${short(own)} ms)`,
			);
		}
	if (!values.long) return;
	const two = await createRuntime({ threads: 2 });
	const problem = generateProblem({ distribution: "uniform", n: 1e7, d: 4, B: 1, seed: 1 });
	const from = performance.now();
	const { degree, certificate, gradient } = await run(problem, { basis: "gauss", relative: 1e-2 }, two);
	const proved = (certificate?.bound ?? 0) / maxAbs(gradient);
	console.log(
		`  10^7 tokens, relative 1e-2, two threads: ${short((performance.now() - from) / 1000)} s, degree ${degree}, proved ${short(proved)}`,
	);
	await two.close();
}

/** Bound over true error, by form. */
async function tightness(): Promise<void> {
	console.log("bound over true error, n = 4096 (asked: median at most 1000 by a form)");
	const ratios = forms.map((): number[] => []);
	for (const distribution of distributions)
		for (const [d, B] of [
			[4, 0.5],
			[4, 1],
			[8, 1],
		]) {
			const problem = generateProblem({ distribution, n: 4096, d, B, seed: 1 });
			const truth = await streaming.run(problem, streaming.options.parse({}), runtime);
			for (const degree of d === 8 ? [5] : [5, 6, 7])
				for (const [at, form] of forms.entries()) {
					const { gradient, certificate } = await run(problem, { degree, basis: "gauss", form });
					const error = maxAbsDifference(gradient, truth.gradient);
					// Errors that both methods' rounding makes say nothing of the method.
					if (error > 1e-13 * maxAbs(truth.gradient)) ratios[at].push((certificate?.bound ?? 0) / error);
				}
		}
	for (const [at, form] of forms.entries())
		console.log(
			`  ${form}: median ${short(median(ratios[at]))} of ${ratios[at].length} runs, largest ${short(Math.max(...ratios[at]))}`,
		);
	const problem = generateProblem({ distribution: "uniform", n: 4096, d: 8, B: 1, seed: 1 });
	const { gradient } = await streaming.run(problem, streaming.options.parse({}), runtime);
	const proved = await Promise.all(["gauss", "chebyshev"].map((basis) => boundOf(problem, { basis, degree: 5 })));
	const [own, old] = proved.map((bound) => short(bound / maxAbs(gradient)));
	console.log(`  uniform d 8 degree 5, of max |g|: gauss proves ${own}, chebyshev ${old}`);
}

/** Measures time and bound of sampled pairs, beside one and two degrees more. */
async function pairs(): Promise<void> {
	console.log("sampled pairs, uniform, B = 1: time over the run's and bound over max |g|, beside the next degrees");
	const sizes = [14, 16, 17, 18].map((power) => 2 ** power).concat(values.long ? [2 ** 20] : []);
	for (const [d, degree] of [
		[4, 7],
		[8, 5],
	])
		for (const n of sizes.filter((n) => n * d <= 2 ** 22)) {
			const problem = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1 });
			const ways: Readonly<Record<string, Options>> = {
				run: { degree },
				pairs: { degree, certificate: "probabilistic", certificateSeed: 1 },
				[`degree ${degree + 1}`]: { degree: degree + 1 },
				[`degree ${degree + 2}`]: { degree: degree + 2 },
			};
			const entries = Object.entries(ways).slice(0, d === 8 ? 3 : 4);
			const proved = new Map<string, number>();
			const way = (name: string, options: Options) => async () => {
				const { gradient, certificate } = await run(problem, { basis: "gauss", ...options });
				proved.set(name, (certificate?.bound ?? 0) / maxAbs(gradient));
			};
			const times = await leastTimes(
				Object.fromEntries(entries.map(([name, options]) => [name, way(name, options)])),
				4,
			);
			const base = times.get("run") ?? 0;
			const told = entries.map(
				([name]) => `${name} ${short((times.get(name) ?? 0) / base)}, ${(proved.get(name) ?? 0).toExponential(1)}`,
			);
			console.log(`  d ${d} degree ${degree} n 2^${Math.log2(n)} (${short(base)} ms): ${told.join("; ")}`);
		}
}

const measurements: Readonly<Record<(typeof parts)[number], () => Promise<void>>> = {
	...{ bounds, distributions: ofDistributions, cost, certified, tightness, pairs },
};
for (const part of parts) if (values.parts.includes(part)) await measurements[part]();
await runtime.close();
