import { type BackwardProblem, createBackwardProblem, generateProblem } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import {
	createRuntime,
	type Dtype,
	kernelNames,
	Matrix,
	multiply,
	seededRandom,
	UsageError,
} from "@attgrad/matrix-core";
import {
	choice,
	choices,
	flag,
	scriptArguments,
	wholeNumber,
	wholeNumbers,
} from "@attgrad/matrix-core/script-arguments";
import { backwardPolynomial, polynomial } from "./src/index.ts";

const wayNames = ["backward", "causal", "reverse", "moment", "gauss", "threads", "exact", "exactCausal"] as const;
const values = scriptArguments({
	call: "node packages/approx-gradient/bench-backward.ts",
	summary: `Time of the certified backward pass (dQ, dK and dV) over that of the certified dL/dX at the same n, d and degree, by each of its routes;
		causal over unmasked; one thread over several; with --exact the exact pass over the certified one, unmasked and causal.

		All run in turn; one JSON line for each n and d. nanosecondsPerToken is the shortest time of a run. cpu is the processor time of the main
		thread, which feels a shared machine less than the clock does; one over several threads compares shortest times.`,
	options: {
		n: wholeNumbers("tokens", { default: [16_384] }),
		d: wholeNumbers("width of a head", { default: [4] }),
		degree: wholeNumber("degree of the polynomials", { most: 40, default: 6 }),
		dtype: choice<Dtype, Dtype>("number type", ["f64", "f32"], { default: "f64" }),
		rounds: wholeNumber("rounds that are measured, after one that is not", { default: 15 }),
		threads: wholeNumber("threads of the way `threads`", { most: 256, default: 2 }),
		kernel: choice("kernel; the fastest of this machine where none is given", kernelNames),
		exact: flag("run the ways `exact` and `exactCausal` too"),
		ways: choices("the ways to run", wayNames),
	},
});
const { rounds, degree, dtype } = values;
/** The ways that run. */
const names = values.ways.filter((name) => values.exact || !name.startsWith("exact"));
if (names.length === 0) throw new UsageError(`--ways ${values.ways} needs --exact`);
const kernel = values.kernel === undefined ? {} : { kernel: values.kernel };

for (const n of values.n)
	for (const d of values.d) {
		const problem = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1, dtype });
		const random = seededRandom(2);
		const upstream = Matrix.build(n, d, () => random.uniform(-1, 1));
		const { A1, A2, A3, X, Y } = problem;
		const [Q, K, V, dO] = [multiply(A1, X), A2, multiply(A3, Y), upstream].map((M) => M.as(dtype));
		const whole: BackwardProblem = createBackwardProblem({ Q, K, V, dO });
		const causal = { ...whole, visibility: { mask: "causal" } } as const;
		const one = await createRuntime({ ...kernel, threads: 1 });
		const several = await createRuntime({ ...kernel, threads: values.threads });
		const backward = backwardPolynomial.options.parse({ degree });
		const gradient = (given: object) => polynomial.options.parse({ degree, ...given });
		const ways: Readonly<Record<(typeof wayNames)[number], () => Promise<unknown>>> = {
			backward: () => backwardPolynomial.run(whole, backward, one),
			causal: () => backwardPolynomial.run(causal, backward, one),
			reverse: () => polynomial.run(problem, gradient({ route: "reverse" }), one),
			moment: () => polynomial.run(problem, gradient({ route: "moment" }), one),
			gauss: () => polynomial.run(problem, gradient({ route: "moment", basis: "gauss" }), one),
			threads: () => backwardPolynomial.run(whole, backward, several),
			exact: () => backwardStreaming.run(whole, {}, one),
			exactCausal: () => backwardStreaming.run(causal, {}, one),
		};
		// As many calls in a row as take some 60 ms: processor time comes in steps of milliseconds.
		const calls = new Map<string, number>();
		const wall = new Map<string, number>(names.map((name) => [name, Number.POSITIVE_INFINITY]));
		const cpu = new Map<string, number>();
		for (let round = 0; round <= rounds; round++)
			for (const name of names) {
				const count = calls.get(name) ?? 3;
				const [before, from] = [process.threadCpuUsage(), performance.now()];
				for (let call = 0; call < count; call++) await ways[name]();
				const { user, system } = process.threadCpuUsage(before);
				const time = (performance.now() - from) / count;
				if (round === 0) calls.set(name, Math.max(1, Math.round(60 / time)));
				else {
					wall.set(name, Math.min(wall.get(name) ?? 0, time));
					cpu.set(name, (cpu.get(name) ?? 0) + (user + system) / 1000 / count / rounds);
				}
			}
		const ratio = (times: Map<string, number>, a: string, b: string) =>
			times.has(a) && times.has(b) ? Number(((times.get(a) ?? 0) / (times.get(b) ?? 1)).toPrecision(3)) : undefined;
		console.log(
			JSON.stringify({
				...{ n, d, degree, dtype, kernel: one.kernel },
				cpu: Object.fromEntries(Array.from(cpu, ([name, time]) => [name, Number(time.toPrecision(3))])),
				nanosecondsPerToken: Object.fromEntries(
					Array.from(wall, ([name, time]) => [name, Math.round((1e6 * time) / n)]),
				),
				backwardOver: Object.fromEntries(
					["reverse", "moment", "gauss"].map((name) => [name, ratio(cpu, "backward", name)]),
				),
				causalOverUnmasked: ratio(cpu, "causal", "backward"),
				oneOverThreads: ratio(wall, "backward", "threads"),
				...(values.exact && {
					exactOver: ratio(cpu, "exact", "backward"),
					exactOverCausal: ratio(cpu, "exactCausal", "causal"),
				}),
			}),
		);
		await one.close();
		await several.close();
	}
