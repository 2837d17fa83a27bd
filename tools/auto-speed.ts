import { auto, planGradient, polynomial } from "@attgrad/approx-gradient";
import { generateProblem } from "@attgrad/attention-problem";
import { streaming } from "@attgrad/exact-gradient";
import { createRuntime, present } from "@attgrad/matrix-core";
import { scriptArguments } from "@attgrad/matrix-core/script-arguments";
import { processorTime } from "./processor-time.ts";

const ALLOWED = 1.15;

scriptArguments({
	call: "npm run bench:auto",
	summary: `How much slower auto is than the best single algorithm that proves the same epsilon, at the points of the experiments. Exits 1
		where auto takes more than ${ALLOWED} times the best.

		All run in turn, round after round, on one thread, and the least processor time of each counts, which is blind to other processes.`,
});

/** Rounds: as many as these milliseconds of `auto` make, within these numbers. Short runs get faster for some hundred runs. */
const ROUNDS = { milliseconds: 250, least: 8, most: 500 };
/** Choosing is to take less than 2 % of the run or this. */
const CHOOSING = { milliseconds: 5, share: 0.02 };

const points = [512, 1024, 2048, 4096, 8192, 16_384].flatMap((n) =>
	[
		{ d: 2, B: 0.5, epsilon: 1e-3 },
		{ d: 4, B: 1, epsilon: 1e-6 },
		{ d: 4, B: 2, epsilon: 1e-3 },
		{ d: 6, B: 1, epsilon: 1e-3 },
		{ d: 8, B: 0.5, epsilon: 1e-6 },
	].map((point) => ({ n, ...point })),
);

const runtime = await createRuntime();

let worst = 0;
for (const { n, d, B, epsilon } of points) {
	const problem = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
	const byRoute = (route: string) => polynomial.options.parse({ route, epsilon });
	const moment = () => polynomial.run(problem, byRoute("moment"), runtime);
	const { chosen, entries } = await planGradient(problem, { epsilon }, runtime);
	// A polynomial that is foreseen to take seconds, or that proves nothing, is not the best single algorithm.
	const predicted = (name: string) => entries.find(({ algorithm }) => algorithm === name)?.milliseconds;
	const exactTime = present(predicted("streaming"), "the predicted time of streaming");
	const usual = predicted("polynomial/moment");
	const candidates: [string, () => Promise<unknown>][] = [["streaming", () => streaming.run(problem, {}, runtime)]];
	if (usual !== undefined && usual < 4 * exactTime) {
		candidates.push(["polynomial/moment", moment]);
		candidates.push(["polynomial/reverse", () => polynomial.run(problem, byRoute("reverse"), runtime)]);
	}
	const runs = new Map([
		...candidates,
		["auto", () => auto.run(problem, { epsilon }, runtime)],
		["choosing", () => planGradient(problem, { epsilon }, runtime)],
	]);
	const times = new Map([...runs.keys()].map((name): [string, number[]] => [name, []]));
	const leastOf = (name: string): number => Math.min(...present(times.get(name), `the times of ${name}`));
	const rounds = (): number => Math.min(ROUNDS.most, Math.max(ROUNDS.least, ROUNDS.milliseconds / leastOf("auto")));
	for (let round = 0; round < rounds(); round++)
		for (const [name, run] of runs) times.get(name)?.push(await processorTime(run));
	const [best, time] = candidates
		.map(([name]) => [name, leastOf(name)] as const)
		.reduce((a, b) => (b[1] < a[1] ? b : a));
	const own = leastOf("auto");
	const ratio = own / time;
	worst = Math.max(worst, ratio);
	const choosing = leastOf("choosing");
	const slow = choosing > Math.max(CHOOSING.milliseconds, CHOOSING.share * own) ? " SLOW TO CHOOSE" : "";
	console.log(
		`n ${n} d ${d} B ${B} epsilon ${epsilon}: auto ${own.toFixed(2)} ms by ${chosen.algorithm}, ` +
			`best ${best} ${time.toFixed(2)} ms, ratio ${ratio.toFixed(2)}; choosing ${choosing.toFixed(2)} ms${slow}`,
	);
}
console.log(`worst ratio ${worst.toFixed(2)}, allowed ${ALLOWED}`);
process.exitCode = worst > ALLOWED ? 1 : 0;
await runtime.close();
