import { type AttentionProblem, type GradientResult, generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { ComputationError, maxAbs, maxAbsDifference, nextTurn, type Runtime } from "@attgrad/matrix-core";
import { type Basis, CertifiedRacer } from "./certified-racer.ts";

/** The problems of a race: uniform problems of Definition 1.4, n doubling. */
export interface RaceRequest {
	readonly d: number;
	readonly B: number;
	/** Error that the certified algorithm proves. */
	readonly epsilon: number;
	readonly seed: number;
	/** Sizes n. */
	readonly sizes: readonly number[];
	/** Milliseconds that the race takes about. */
	readonly budget: number;
}

/** Who races: the exact gradient, and the polynomial method. */
export type Racer = "exact" | "certified";

/** One time of a gradient, and its numbers. */
export interface Lap {
	readonly n: number;
	readonly racer: Racer;
	/** Fastest of the runs. */
	readonly milliseconds: number;
	readonly loss: number;
	readonly gradientMax: number;
	/** Of the certified gradient, at the least degree that proves epsilon. */
	readonly basis?: Basis;
	readonly degree?: number;
	readonly rank?: number;
	/** Proved bound on max |g̃ − g|. */
	readonly bound?: number;
	/** Measured max |g̃ − g|, where the exact gradient is known. */
	readonly error?: number;
}

/** Told on the way. */
export type RaceEvent =
	| { readonly kind: "start"; readonly n: number; readonly racer: Racer; readonly expected: number | undefined }
	| { readonly kind: "lap"; readonly lap: Lap };

/** How a race ended. */
export interface RaceAnswer {
	readonly laps: readonly Lap[];
	/** Why a racer left before the end. */
	readonly reasons: Partial<Record<Racer, string>>;
}

/** Runs of one size: the fastest counts. A racer that took longer than this is not run again. */
const RUNS = 3;
const LONG_RUN = 120;

/** Runs before the race, in which the engine compiles the kernels. */
const WARM_UP = { n: 1024, runs: 8 };

/**
 * Computes both gradients at each size, as long as the budget lasts: a racer leaves when its next run, expected from its last,
 * would not fit any more.
 */
export async function runRace(
	request: RaceRequest,
	runtime: Runtime,
	tell: (event: RaceEvent) => void,
): Promise<RaceAnswer> {
	const { d, B, seed, sizes, budget } = request;
	const problemOf = (n: number) => generateProblem({ distribution: "uniform", n, d, B, seed });
	const laps: Lap[] = [];
	const reasons: Partial<Record<Racer, string>> = {};
	await warmUp(problemOf(WARM_UP.n), request, runtime);
	const certified = new CertifiedRacer(request.epsilon, runtime);
	const end = performance.now() + budget;
	for (const n of sizes) {
		const problem = problemOf(n);
		const results = new Map<Racer, GradientResult>();
		for (const racer of racers) {
			const expected = expectedTime(laps, racer, n);
			const left = end - performance.now();
			if (reasons[racer] === undefined && (expected ?? 0) > share[racer] * left) reasons[racer] = "time is up";
			if (reasons[racer] !== undefined) continue;
			tell({ kind: "start", n, racer, expected });
			await nextTurn();
			try {
				const best = await fastest(() => (racer === "exact" ? exactRun(problem, runtime) : certified.run(problem)));
				results.set(racer, best.result);
				const lap = lapOf(n, racer, best, results.get("exact"));
				laps.push(lap);
				tell({ kind: "lap", lap });
			} catch (error) {
				if (!(error instanceof ComputationError)) throw error;
				reasons[racer] = error.message;
			}
		}
		if (racers.every((racer) => reasons[racer] !== undefined)) break;
	}
	return { laps, reasons };
}

/** Part of the time left that the next run of a racer may take: the slow one leaves some to the other. */
const share: Readonly<Record<Racer, number>> = { exact: 0.4, certified: 0.9 };

/** In the order of their runs: the error of the certified gradient is measured against the exact one. */
const racers = ["exact", "certified"] as const;

/** A gradient, its time, and the basis of a certified one. */
interface Run {
	readonly result: GradientResult;
	readonly milliseconds: number;
	readonly basis?: Basis;
}

async function exactRun(problem: AttentionProblem, runtime: Runtime): Promise<Run> {
	const start = performance.now();
	const result = await streaming.run(problem, {}, runtime);
	return { result, milliseconds: performance.now() - start };
}

async function warmUp(problem: AttentionProblem, { epsilon }: RaceRequest, runtime: Runtime): Promise<void> {
	const certified = new CertifiedRacer(epsilon, runtime);
	for (let run = 0; run < WARM_UP.runs; run++) {
		await exactRun(problem, runtime);
		await certified.run(problem).catch((error: unknown) => {
			if (!(error instanceof ComputationError)) throw error;
		});
	}
}

/** The fastest of a few runs; of one, where that is long. */
async function fastest(run: () => Promise<Run>): Promise<Run> {
	let best: Run | undefined;
	for (let count = 1; ; count++) {
		const next = await run();
		if (!best || next.milliseconds < best.milliseconds) best = next;
		if (count === RUNS || next.milliseconds > LONG_RUN) return best;
	}
}

/** Milliseconds that a run will take, from the last of that racer: exact grows like n², certified like n. */
function expectedTime(laps: readonly Lap[], racer: Racer, n: number): number | undefined {
	const last = laps.findLast((lap) => lap.racer === racer);
	return last && last.milliseconds * (n / last.n) ** (racer === "exact" ? 2 : 1);
}

function lapOf(
	n: number,
	racer: Racer,
	{ milliseconds, basis, result: { gradient, loss, degree, rank, certificate } }: Run,
	exact: GradientResult | undefined,
): Lap {
	const lap = { n, racer, milliseconds, loss, gradientMax: maxAbs(gradient) };
	if (racer === "exact") return lap;
	return {
		...lap,
		...(basis !== undefined && { basis }),
		...(degree !== undefined && { degree }),
		...(rank !== undefined && { rank }),
		...(certificate && { bound: certificate.bound }),
		...(exact && { error: maxAbsDifference(gradient, exact.gradient) }),
	};
}
