import { asDtype, type BackwardProblem, createBackwardProblem, generateProblem } from "@attgrad/attention-problem";
import { createRuntime, type Dtype, kernelNames, Matrix, multiply, seededRandom } from "@attgrad/matrix-core";
import { choice, choices, scriptArguments, wholeNumber, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { backwardStreaming, streaming } from "./src/index.ts";

const values = scriptArguments({
	call: "node packages/exact-gradient/bench-backward.ts",
	summary: `Time of the exact backward pass (dQ, dK and dV) over that of dL/dX at the same n and d, causal over unmasked, and one thread over
		several: interleaved, one JSON line for each width and number type.

		cpu is the shortest processor time of the main thread on one thread, which hardly feels a machine that is shared; wall the shortest time.`,
	options: {
		n: wholeNumbers("tokens", { default: [4096] }),
		d: wholeNumbers("width of a head", { default: [8, 64] }),
		dtype: choices<Dtype>("number types", ["f64", "f32"]),
		rounds: wholeNumber("rounds that are measured, after one that is not", { default: 5 }),
		threads: wholeNumber("threads that one thread is compared with", { most: 256, default: 2 }),
		kernel: choice("kernel; the fastest of this machine where none is given", kernelNames),
	},
});
const { rounds } = values;
const kernel = values.kernel === undefined ? {} : { kernel: values.kernel };

/** The backward problem of the same scores as an instance of Definition 1.4, with a random upstream gradient. */
function backwardOf(
	n: number,
	d: number,
	dtype: Dtype,
): { problem: ReturnType<typeof generateProblem>; backward: BackwardProblem } {
	const problem = generateProblem({ distribution: "uniform", n, d, B: 1, seed: 1 });
	const random = seededRandom(2);
	const upstream = Matrix.build(n, d, () => random.uniform(-1, 1));
	const { A1, A2, A3, X, Y } = problem;
	const [Q, K, V, dO] = [multiply(A1, X), A2, multiply(A3, Y), upstream].map((M) => M.as(dtype));
	return { problem: asDtype(problem, dtype), backward: createBackwardProblem({ Q, K, V, dO }) };
}

for (const n of values.n)
	for (const d of values.d)
		for (const dtype of values.dtype) {
			const { problem, backward } = backwardOf(n, d, dtype);
			const causal = { ...backward, visibility: { mask: "causal" } } as const;
			const [one, several] = [
				await createRuntime({ ...kernel, threads: 1 }),
				await createRuntime({ ...kernel, threads: values.threads }),
			];
			const ways = {
				gradient: () => streaming.run(problem, {}, one),
				backward: () => backwardStreaming.run(backward, {}, one),
				causal: () => backwardStreaming.run(causal, {}, one),
				threads: () => backwardStreaming.run(backward, {}, several),
			};
			const names = Object.keys(ways) as (keyof typeof ways)[];
			const none = { gradient: Infinity, backward: Infinity, causal: Infinity, threads: Infinity };
			const [wall, cpu] = [{ ...none }, { ...none }];
			for (let round = 0; round <= rounds; round++)
				for (const name of names) {
					const [before, from] = [process.threadCpuUsage(), performance.now()];
					await ways[name]();
					const { user, system } = process.threadCpuUsage(before);
					if (round === 0) continue;
					wall[name] = Math.min(wall[name], performance.now() - from);
					cpu[name] = Math.min(cpu[name], (user + system) / 1000);
				}
			const ratio = (times: typeof none, a: keyof typeof ways, b: keyof typeof ways) =>
				Number((times[a] / times[b]).toFixed(3));
			console.log(
				JSON.stringify({
					...{ n, d, dtype, kernel: one.kernel },
					cpu: Object.fromEntries(Object.entries(cpu).map(([name, time]) => [name, Math.round(time * 10) / 10])),
					backwardOverGradient: ratio(cpu, "backward", "gradient"),
					causalOverUnmasked: ratio(cpu, "causal", "backward"),
					oneOverThreads: ratio(wall, "backward", "threads"),
				}),
			);
			await one.close();
			await several.close();
		}
