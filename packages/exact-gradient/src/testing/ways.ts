import { type AttentionProblem, asDtype, type GradientResult } from "@attgrad/attention-problem";
import { availableKernels, createRuntime, type Dtype, type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import { definition, dense, exactAlgorithms, streaming } from "../algorithms.ts";

/** One way to compute the exact gradient: an algorithm, a kernel and a number type. Every numeric test runs over all. */
export interface Way {
	readonly name: string;
	readonly dtype: Dtype;
	/** Unit roundoff of what the way keeps between its steps: what its tolerances are derived from. */
	readonly roundoff: number;
	/** Unit roundoff of its sums. */
	readonly sumRoundoff: number;
	/** Whether the keys are centred first, so that a common offset of theirs costs no accuracy. */
	readonly centresKeys: boolean;
	/** Largest n²d² that tests give it. */
	readonly largestTensor: number;
	/** The gradient of the problem rounded to `dtype`. */
	run(problem: AttentionProblem): Promise<GradientResult>;
}

const double = unitRoundoff("f64");

const single = unitRoundoff("f32");
const builds = (await availableKernels()).filter((kernel) => kernel !== "js");
const fastest = builds.at(-1)!;

/** The ways there are; a new kernel is a new entry. */
export const ways: readonly Way[] = [
	way({ algorithm: definition.name, roundoff: double, centresKeys: false, largestTensor: 1e6 }),
	way({ algorithm: dense.name, roundoff: double }),
	way({ algorithm: dense.name, dtype: "f32", roundoff: unitRoundoff("f32") }),
	way({ algorithm: streaming.name, roundoff: double }),
	way({ algorithm: streaming.name, dtype: "f32", roundoff: double }),
	way({ algorithm: streaming.name, options: { blockRows: 5 }, roundoff: double }),
	...builds.flatMap((kernel) => [
		way({ algorithm: streaming.name, kernel, roundoff: double }),
		way({ algorithm: streaming.name, kernel, dtype: "f32", roundoff: single, sumRoundoff: single }),
	]),
	way({ algorithm: streaming.name, kernel: fastest, threads: 3, options: { blockRows: 5 }, roundoff: double }),
];

/** The ways that round nothing beyond double precision. */
export const doubleWays = ways.filter(({ dtype }) => dtype === "f64");

interface WayOptions {
	algorithm: string;
	options?: Record<string, unknown>;
	kernel?: string;
	dtype?: Dtype;
	roundoff: number;
	sumRoundoff?: number;
	threads?: number;
	centresKeys?: boolean;
	largestTensor?: number;
}

function way({
	algorithm,
	options = {},
	kernel = "js",
	dtype = "f64",
	roundoff,
	sumRoundoff = double,
	threads = 1,
	centresKeys = true,
	largestTensor = Number.POSITIVE_INFINITY,
}: WayOptions): Way {
	const found = exactAlgorithms.find(({ name }) => name === algorithm)!;
	let started: Promise<Runtime> | undefined;
	const given = Object.entries(options).map(([name, value]) => ` ${name}=${value}`);
	return {
		name: `${algorithm}/${kernel}/${dtype}${threads > 1 ? `/${threads} threads` : ""}${given.join("")}`,
		dtype,
		roundoff,
		sumRoundoff,
		centresKeys,
		largestTensor,
		async run(problem) {
			started ??= createRuntime({ kernel, threads });
			return found.run(asDtype(problem, dtype), found.options.parse(options), await started);
		},
	};
}
