import { createOracle, type Noise, perturb } from "@attgrad/hardness";
import type { CellContext, Measurement } from "@attgrad/harness";
import { ComputationError } from "@attgrad/matrix-core";
import { type Decoding, hardCases, type Judged } from "./cases.ts";
import { exactAlgorithm } from "./oracles.ts";

/** Instances of a cell. */
const casesPerCell = 4;

/** Sizes of the instances of a cell, where they agree, and the smallest oracle error that is proven harmless. */
export function sizesOf(reduction: Decoding, size: number): { n: number; d: number; B: number; epsilon: number } {
	const all = hardCases(reduction, size, casesPerCell).map(({ queries }) => queries.sizes);
	const [{ n, d }] = all as [(typeof all)[number]];
	return { n, d, B: Math.max(...all.map(({ B }) => B)), epsilon: Math.min(...all.map(({ epsilon }) => epsilon)) };
}

/** Tokens of a problem for each query of the source. */
const tokensPerQuery = { R1a: 3, R1b: 3, R2: 2, R3: 2 } as const;

/**
 * Decodes the instances of a cell under noise of its epsilon: adversarial both ways and random. One exact gradient serves
 * all three, since noise is added to what was read.
 */
export async function measureNoise(reduction: Decoding, { cell, runtime }: CellContext): Promise<Measurement> {
	const size = cell.n / tokensPerQuery[reduction];
	if (!Number.isInteger(Math.log2(size)))
		throw new ComputationError("skipped", `${reduction}: n must be ${tokensPerQuery[reduction]} times a power of two`);
	const { d, epsilon: proven } = sizesOf(reduction, size);
	if (cell.d !== d) throw new ComputationError("skipped", `${reduction}: instances with n = ${cell.n} have d = ${d}`);
	const { epsilon } = cell;
	if (epsilon === undefined) throw new ComputationError("skipped", `${reduction}: noise needs an epsilon`);
	const noises: Noise[] = [
		{ kind: "adversarial", epsilon },
		{ kind: "adversarial", epsilon, reversed: true },
		{ kind: "random", epsilon, seed: cell.seed },
	];
	const oracle = createOracle({ algorithm: exactAlgorithm, runtime });
	const start = performance.now();
	const judged: Judged[] = [];
	for (const { queries, judge } of hardCases(reduction, size, casesPerCell)) {
		const exact = await oracle.ask(queries);
		for (const noise of noises) judged.push(judge(perturb(queries, exact, noise)));
	}
	const share = (wanted: string) => judged.filter(({ outcome }) => outcome === wanted).length / judged.length;
	return {
		time_ms: (performance.now() - start) / oracle.calls,
		samples: oracle.calls,
		error_max: epsilon,
		extra: {
			reduction,
			factor: epsilon / proven,
			proven,
			right: share("right"),
			unknown: share("unknown"),
			wrong: share("wrong"),
			margin: Math.min(...judged.map(({ margin }) => margin)),
		},
	};
}
