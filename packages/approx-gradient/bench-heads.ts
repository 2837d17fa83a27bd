// node bench-heads.ts FILE.npz [--heads 0,2] [--n 1500] [--rank 128] [--relative 0.1 [--proves dQ]] [--rounds 5]
// The backward pass of trained heads by hybrid and exactly, one thread, interleaved: the shortest times and the median processor times in milliseconds, the true error of dQ over its largest
// entry, quantiles of the proven one, and exact rows; a line of JSON for each head. Shorter than the file, a head is its first tokens. dO is normal.

import { parseArgs } from "node:util";
import { createBackwardProblem, headsOf, openOperands } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import { createRuntime, Matrix, materialise, maxAbs, maxAbsDifference, seededRandom } from "@attgrad/matrix-core";
import { backwardHybrid } from "./src/backward/index.ts";

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: {
		heads: { type: "string" },
		n: { type: "string" },
		rank: { type: "string" },
		relative: { type: "string" },
		proves: { type: "string" },
		rounds: { type: "string", default: "5" },
		threads: { type: "string", default: "1" },
	},
});

/** Milliseconds of processor time so far, of all threads. */
function processorTime(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}

const median = (times: readonly number[]) => Math.round(times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)]);

const runtime = await createRuntime({ threads: Number(values.threads) });
for (const file of positionals) {
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	const heads = headsOf(operands);
	const chosen = values.heads?.split(",").map(Number) ?? heads.map((_, h) => h);
	for (const h of chosen) {
		const [Q, K, V] = [heads[h].Q, heads[h].K, heads[h].V].map((rows) => {
			const all = materialise(rows);
			return all.slice(0, Math.min(all.rows, Number(values.n ?? all.rows)));
		});
		const random = seededRandom(1, "upstream");
		const dO = Matrix.build(Q.rows, V.cols, () => random.normal());
		const problem = createBackwardProblem({ Q, K, V, dO }, { scale: operands.scale });
		const options = backwardHybrid.options.parse(
			values.relative === undefined
				? { rank: Number(values.rank ?? 128) }
				: { relative: Number(values.relative), ...(values.proves !== undefined && { proves: values.proves }) },
		);
		let [exactTime, time] = [Infinity, Infinity];
		const processor: { readonly exact: number[]; readonly hybrid: number[] } = { exact: [], hybrid: [] };
		let got: Awaited<ReturnType<typeof backwardHybrid.run>> | undefined;
		let exact: typeof got;
		let refused: string | undefined;
		for (let round = 0; round < Number(values.rounds); round++) {
			const start = performance.now();
			const began = processorTime();
			exact = await backwardStreaming.run(problem, {}, runtime);
			const middle = performance.now();
			const between = processorTime();
			try {
				got = await backwardHybrid.run(problem, options, runtime);
			} catch (error) {
				refused = (error as Error).message;
			}
			processor.exact.push(between - began);
			processor.hybrid.push(processorTime() - between);
			exactTime = Math.min(exactTime, middle - start);
			time = Math.min(time, performance.now() - middle);
		}
		if (!exact) continue;
		const relative = (name: "dQ" | "dK" | "dV") =>
			got && exact ? Number((maxAbsDifference(got[name], exact[name]) / maxAbs(exact[name])).toPrecision(3)) : null;
		const size = maxAbs(exact.dQ);
		const rows = got?.certificate?.rowBounds?.dQ.toSorted() ?? new Float64Array(1);
		const at = (share: number) =>
			Number((rows[Math.min(rows.length - 1, Math.floor(share * rows.length))] / size).toPrecision(3));
		console.log(
			JSON.stringify({
				...{ head: h, n: Q.rows, exact_ms: Math.round(exactTime), hybrid_ms: Math.round(time) },
				processor_ms: [processor.exact, processor.hybrid].map(median),
				...{ rank: got?.rank, exactRows: got?.exactRows, error: ["dQ", "dK", "dV"].map((x) => relative(x as "dQ")) },
				proved: [0.5, 0.9, 0.99, 1].map(at),
				bounds:
					got?.certificate &&
					exact &&
					(["dK", "dV"] as const).map((x) =>
						Number(
							((got?.certificate?.bounds[x] ?? NaN) / maxAbs((exact as NonNullable<typeof got>)[x])).toPrecision(3),
						),
					),
				refused,
			}),
		);
	}
	await close();
}
await runtime.close();
