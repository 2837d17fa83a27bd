import type { CellContext, Measurement } from "@attgrad/harness";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	present,
	type Runtime,
	registerArithmetic,
} from "@attgrad/matrix-core";
import { type Part, parts, type Work } from "./parts.ts";

/** Rounds in which every candidate has its turn. */
const ROUNDS = 3;

/** A candidate: its work, and what it has done in how much processor time so far. */
interface Candidate {
	readonly name: string;
	readonly work: Work;
	flops: number;
	milliseconds: number;
	runs: number;
}

/** Name of the yardstick among the candidates. */
const PEAK = "peak";

/**
 * Rates of a part by every build of this machine, and of 128-bit multiply-adds in registers, in turn, in one process, in processor
 * time of the one thread, which hardly feels what else the machine does.
 */
export async function measurePart({ cell, budget }: CellContext): Promise<Measurement> {
	const part = parts[cell.distribution];
	const runtimes: Runtime[] = [];
	const candidates: Candidate[] = [];
	try {
		for (const kernel of await availableKernels()) {
			if (kernel === "js" && !part.plain) continue;
			const runtime = await createRuntime({ kernel });
			runtimes.push(runtime);
			candidates.push(candidate(kernel, await prepare(part, cell, runtime)));
			if (kernel === "fma" || (kernel === "simd" && !candidates.some(({ name }) => name === PEAK))) {
				const yardstick = candidate(PEAK, () => registerArithmetic(runtime, cell.dtype, 2e6));
				const at = candidates.findIndex(({ name }) => name === PEAK);
				candidates.splice(at < 0 ? candidates.length : at, at < 0 ? 0 : 1, yardstick);
			}
		}
		if (!candidates.some(({ name }) => name === PEAK))
			throw new ComputationError("skipped", "kernels: no build with vectors runs on this machine");
		for (const { work } of candidates) await work();
		for (let round = 0; round < ROUNDS; round++)
			for (const each of candidates) {
				if (each.name === "js" && round > 0) continue;
				await run(each, budget / ROUNDS);
			}
	} finally {
		for (const runtime of runtimes) await runtime.close();
	}
	const rate = ({ flops, milliseconds }: Candidate) => flops / milliseconds / 1e6;
	const peak = rate(
		present(
			candidates.find(({ name }) => name === PEAK),
			"the yardstick",
		),
	);
	const measured = candidates.filter(({ name }) => name !== PEAK);
	const fastest = measured.reduce((a, b) => (rate(b) > rate(a) ? b : a));
	return {
		time_ms: Number((fastest.milliseconds / fastest.runs).toPrecision(4)),
		samples: fastest.runs,
		extra: {
			peak: rounded(peak),
			gflops: Object.fromEntries(measured.map((each) => [each.name, rounded(rate(each))])),
		},
	};
}

const rounded = (x: number) => Number(x.toPrecision(4));

const prepare = (part: Part, { n, d, dtype }: CellContext["cell"], runtime: Runtime) =>
	part.prepare({ n, d, dtype }, runtime);

const candidate = (name: string, work: Work): Candidate => ({ name, work, flops: 0, milliseconds: 0, runs: 0 });

/** Runs a candidate until it has taken this much processor time. */
async function run(each: Candidate, milliseconds: number): Promise<void> {
	const before = process.threadCpuUsage();
	for (let spent = 0; spent < milliseconds; ) {
		each.flops += await each.work();
		each.runs++;
		const { user, system } = process.threadCpuUsage(before);
		spent = (user + system) / 1000;
		if (spent >= milliseconds) each.milliseconds += spent;
	}
}
