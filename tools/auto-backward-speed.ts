import { autoBackward, backwardPolynomial, planBackward } from "@attgrad/approx-gradient";
import { createBackwardProblem, generateProblem, type MaskName } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import { scriptArguments, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { processorTime } from "./processor-time.ts";

const ALLOWED = 1.15;

const { rounds, most } = scriptArguments({
	call: "npm run bench:auto-backward",
	summary: `How much slower the backward pass of auto is than the best single algorithm that proves the same relative error, at the points of
		experiments/backward. Exits 1 where auto takes more than ${ALLOWED} times the best.

		All run in turn, round after round, on one thread, and the least processor time of each counts, which is blind to other processes.`,
	options: {
		rounds: wholeNumber("rounds at the least; short runs have more", { default: 6 }),
		most: wholeNumber("the largest n, of 256 to 32768", { least: 256, default: 32_768 }),
	},
});

/** Processor time of the rounds of `auto` at one point at the least, in milliseconds: short runs get faster for some hundred runs. */
const LEAST = 250;

const points = [256, 512, 1024, 2048, 4096, 8192, 16_384, 32_768]
	.filter((n) => n <= most)
	.flatMap((n) =>
		(["none", "causal"] as const).flatMap((mask) =>
			[
				{ d: 4, B: 1, relative: 1e-3 },
				{ d: 4, B: 1, relative: 1e-6 },
				{ d: 8, B: 1, relative: 1e-3 },
			].map((point) => ({ n, mask, ...point })),
		),
	);

const runtime = await createRuntime();

const layer = (n: number, d: number, B: number, mask: MaskName) => {
	const { A1, A2, A3, E, scale } = generateProblem({ distribution: "uniform", n, d, B, seed: 1 });
	return createBackwardProblem({ Q: A1, K: A2, V: A3, dO: E }, { scale, visibility: { mask } });
};

let worst = 0;
for (const { n, mask, d, B, relative } of points) {
	const problem = layer(n, d, B, mask);
	const asked = { relative };
	const defaults = backwardPolynomial.options.parse({});
	const runs = new Map<string, () => Promise<unknown>>([
		["streaming", () => backwardStreaming.run(problem, {}, runtime)],
		["polynomial", () => backwardPolynomial.run(problem, { ...defaults, ...asked }, runtime)],
		["auto", () => autoBackward.run(problem, asked, runtime)],
		["choosing", () => planBackward(problem, asked, defaults.chunk, runtime)],
	]);
	const least = new Map<string, number>();
	const of = (name: string): number => least.get(name) ?? Number.POSITIVE_INFINITY;
	const skipped = new Set<string>();
	for (let round = 0; round < Math.max(rounds, LEAST / of("auto")); round++)
		for (const [name, run] of runs) {
			// An algorithm that takes many times as long in the first round is not the best one.
			if (skipped.has(name)) continue;
			least.set(name, Math.min(of(name), await processorTime(run)));
			if (round === 2 && name !== "auto" && of(name) > 4 * of("auto")) skipped.add(name);
		}
	const [best, time] = ["streaming", "polynomial"]
		.map((name) => [name, of(name)] as const)
		.reduce((a, b) => (b[1] < a[1] ? b : a));
	const ratio = of("auto") / time;
	worst = Math.max(worst, ratio);
	const { degree } = await planBackward(problem, asked, defaults.chunk, runtime);
	console.log(
		`n ${n} ${mask} d ${d} relative ${relative}: auto ${of("auto").toFixed(2)} ms by ${degree === undefined ? "streaming" : `degree ${degree}`}, best ${best} ` +
			`${time.toFixed(2)} ms (streaming ${of("streaming").toFixed(2)}, polynomial ${of("polynomial").toFixed(2)}), ratio ${ratio.toFixed(2)}; choosing ${of("choosing").toFixed(2)} ms`,
	);
}
console.log(`worst ratio ${worst.toFixed(2)}, allowed ${ALLOWED}`);
process.exitCode = worst > ALLOWED ? 1 : 0;
await runtime.close();
