import { findAlgorithm } from "@attgrad/algorithms";
import { auto, type Plan, type PlanEntry, planGradient, timeByName } from "@attgrad/approx-gradient";
import { type AttentionProblem, generateProblem, generateRows } from "@attgrad/attention-problem";
import { ComputationError, createRuntime, type RowSource, shortDuration } from "@attgrad/matrix-core";
import { positiveNumber, positiveNumbers, scriptArguments, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { processorTime } from "./processor-time.ts";

const ALLOWED = { times: 2, milliseconds: 12 };
/** A refusal within these milliseconds is at once. */
const AT_ONCE = 3000;
/** Rivals that are foreseen to take longer than this times the best are left out. */
const NEAR = 3;
/** Rounds go on for these milliseconds of auto. */
const ENOUGH = 1000;
const MOST_ROUNDS = 5;
/** Rows are held in memory up to this size; beyond they are generated when they are read. */
const IN_MEMORY = 1_000_000;

const given = scriptArguments({
	call: "npm run bench:defaults",
	summary: `Whether the defaults of attgrad gradient take at most ${ALLOWED.times} times the best time that there is, or refuse at once: a table in
		Markdown. Exits 1 where auto takes more than that and ${ALLOWED.milliseconds} ms.

		At each point auto runs against every algorithm that a thorough plan foresees to prove the same within three times its time. On one
		thread; the least processor time counts, which is blind to other processes.`,
	options: {
		n: wholeNumbers("tokens", { default: [1e3, 1e4, 1e5, 1e6, 1e7] }),
		d: wholeNumbers("width", { default: [2, 4, 8] }),
		B: positiveNumbers("bound on the scores", { default: [0.25, 1, 3] }),
		longest: positiveNumber("seconds; runs that are foreseen to take longer are not waited for", { default: 40 }),
	},
});
const longest = 1000 * given.longest;
const points = given.n.flatMap((n) => given.d.flatMap((d) => given.B.map((B) => ({ n, d, B }))));
const runtime = await createRuntime();

/** Milliseconds of processor time, and the refusal of an algorithm that does not prove it. @throws any other failure */
async function timeOf(run: () => Promise<unknown>): Promise<{ time: number; refused?: string }> {
	let refused: string | undefined;
	const time = await processorTime(async () => {
		try {
			await run();
		} catch (failure) {
			if (!(failure instanceof ComputationError)) throw failure;
			refused = failure.message;
		}
	});
	return { time, ...(refused !== undefined && { refused }) };
}

/** Algorithms that a thorough plan foresees to be about as fast as the best: each from the start, with the options that the plan names. */
function rivalsOf({ entries }: Plan, problem: AttentionProblem<RowSource>): Map<string, () => Promise<unknown>> {
	const provers = entries.filter(({ run }) => run);
	const timeOfEntry = (entry: PlanEntry): number => timeByName(entry) ?? Number.POSITIVE_INFINITY;
	const most = Math.min(longest, NEAR * Math.min(...provers.map(timeOfEntry)));
	return new Map(
		provers
			.filter((entry) => timeOfEntry(entry) <= most)
			.map(({ algorithm: spelling, detail, options }) => {
				const { algorithm, options: fixed } = findAlgorithm(spelling);
				const parsed = algorithm.options.parse({ ...fixed, ...options });
				return [[spelling, detail].filter(Boolean).join(" "), () => algorithm.run(problem, parsed, runtime)];
			}),
	);
}

async function measure(problem: AttentionProblem<RowSource>): Promise<{ said: string; isBad: boolean }> {
	const plan = await planGradient(problem, {}, runtime);
	const { refusal, chosen } = plan;
	if (refusal === undefined && (chosen.milliseconds ?? 0) > longest)
		return {
			said: `${chosen.algorithm} | ${shortDuration(chosen.milliseconds ?? 0)} predicted, not run | |`,
			isBad: false,
		};
	const least = new Map<string, number>();
	const byDefault = () => auto.run(problem, auto.options.parse({}), runtime);
	if (refusal !== undefined) {
		const { time, refused } = await timeOf(byDefault);
		const said = `refused | ${time.toFixed(0)} | | ${refused ?? "no refusal"}`;
		return { said, isBad: refused === undefined || time > AT_ONCE };
	}
	const rivals = rivalsOf(await planGradient(problem, { thorough: true }, runtime), problem);
	let spent = 0;
	for (let round = 0; round < MOST_ROUNDS && (round === 0 || spent < ENOUGH); round++)
		for (const [name, run] of [["auto", byDefault] as const, ...rivals]) {
			const { time, refused } = await timeOf(run);
			if (name === "auto") spent += time;
			if (refused === undefined) least.set(name, Math.min(least.get(name) ?? Number.POSITIVE_INFINITY, time));
		}
	const time = least.get("auto");
	least.delete("auto");
	const best = [...least].reduce((a, b) => (b[1] < a[1] ? b : a), ["none", Number.POSITIVE_INFINITY]);
	if (time === undefined) return { said: `${chosen.algorithm} | failed | |`, isBad: true };
	const isBad = time > ALLOWED.times * best[1] + ALLOWED.milliseconds;
	return { said: `${chosen.algorithm} | ${digits(time)} | ${digits(time / best[1])} | ${best[0]}`, isBad };
}

const digits = (x: number): string => Number(x.toPrecision(3)).toString();

console.log("| n | d | B | choice | ms | times the best | the best |\n|---|---|---|---|---|---|---|");
let bad = 0;
for (const { n, d, B } of points) {
	const given = { distribution: "uniform", n, d, B, seed: 1 } as const;
	const { said, isBad } = await measure(n > IN_MEMORY ? generateRows(given) : generateProblem(given));
	if (isBad) bad++;
	console.log(`| ${n.toLocaleString("en-US")} | ${d} | ${B} | ${said} |${isBad ? " too slow" : ""}`);
}
console.log(`\n${points.length} points, ${bad} beyond twice the best time`);
process.exitCode = bad > 0 ? 1 : 0;
await runtime.close();
