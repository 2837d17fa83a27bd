import { createBackwardProblem, headsOf, openOperands, type Visibility } from "@attgrad/attention-problem";
import { backwardStreaming } from "@attgrad/exact-gradient";
import {
	createRuntime,
	Matrix,
	materialise,
	maxAbs,
	maxAbsDifference,
	seededRandom,
	UsageError,
} from "@attgrad/matrix-core";
import {
	choice,
	many,
	positiveNumber,
	scriptArguments,
	text,
	wholeNumber,
	wholeNumbers,
} from "@attgrad/matrix-core/script-arguments";
import { backwardHybrid } from "./src/backward/index.ts";

const values = scriptArguments({
	call: "node packages/approx-gradient/bench-heads.ts",
	summary: `The backward pass of trained heads by hybrid and exactly, interleaved: a line of JSON for each head, with the shortest times and
		the median and shortest processor times in milliseconds, the true error of dQ over its largest entry, quantiles of the proven one, and exact rows.
		dO is normal.`,
	positionals: { files: many(text("files of Q, K and V (.npz)")) },
	options: {
		heads: wholeNumbers("heads of each file, from 0; all where none are given", { least: 0 }),
		n: wholeNumber("first tokens of a head that are taken; all where not given"),
		rank: wholeNumber("number of features, 128 unless --relative is given", { most: 2048 }),
		relative: positiveNumber("relative error that is to be proved, instead of a rank"),
		proves: choice("gradients that --relative is about", ["all", "dQ"]),
		mask: choice("the mask of every head; none where not given", ["none", "causal"]),
		window: wholeNumber("keys of a window of --mask causal; all where not given"),
		chunk: wholeNumber("rows of a chunk under a mask; the default of hybrid where not given"),
		rounds: wholeNumber("rounds", { default: 5 }),
		threads: wholeNumber("threads", { most: 256, default: 1 }),
	},
});
if (values.relative !== undefined && values.relative >= 1)
	throw new UsageError(`--relative must be < 1, got ${values.relative}`);
if (values.relative !== undefined && values.rank !== undefined)
	throw new UsageError("give --rank or --relative, not both");
if (values.relative === undefined && values.proves !== undefined) throw new UsageError("--proves needs --relative");

const visibility: Visibility = {
	mask: values.mask === "causal" ? "causal" : "none",
	...(values.window !== undefined && { window: values.window }),
};

/** Milliseconds of processor time so far, of all threads. */
function processorTime(): number {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
}

const median = (times: readonly number[]) => Math.round(times.toSorted((x, y) => x - y)[Math.floor(times.length / 2)]);

const runtime = await createRuntime({ threads: values.threads });
for (const file of values.files) {
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	const heads = headsOf(operands);
	const chosen = values.heads ?? heads.map((_, h) => h);
	for (const h of chosen)
		if (h >= heads.length) throw new UsageError(`--heads: ${file} has the heads 0 to ${heads.length - 1}, got ${h}`);
	for (const h of chosen) {
		const [Q, K, V] = [heads[h].Q, heads[h].K, heads[h].V].map((rows) => {
			const all = materialise(rows);
			return all.slice(0, Math.min(all.rows, values.n ?? all.rows));
		});
		const random = seededRandom(1, "upstream");
		const dO = Matrix.build(Q.rows, V.cols, () => random.normal());
		const problem = createBackwardProblem({ Q, K, V, dO }, { scale: operands.scale, visibility });
		const options = backwardHybrid.options.parse({
			...(values.relative === undefined
				? { rank: values.rank ?? 128 }
				: { relative: values.relative, ...(values.proves !== undefined && { proves: values.proves }) }),
			...(values.chunk !== undefined && { chunk: values.chunk }),
		});
		let [exactTime, time] = [Infinity, Infinity];
		const processor: { readonly exact: number[]; readonly hybrid: number[] } = { exact: [], hybrid: [] };
		let got: Awaited<ReturnType<typeof backwardHybrid.run>> | undefined;
		let exact: typeof got;
		let refused: string | undefined;
		for (let round = 0; round < values.rounds; round++) {
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
				least_processor_ms: [processor.exact, processor.hybrid].map((times) => Math.round(Math.min(...times))),
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
