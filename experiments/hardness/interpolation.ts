import { countModels, createOracle, orthogonalCounting, randomFormula, splitAndList } from "@attgrad/hardness";
import type { CellContext, Measurement } from "@attgrad/harness";
import { exactAlgorithm } from "./oracles.ts";

/** Variables of the formula that R3 counts. */
export const variables = 10;

/** The formula that R3 counts, and its vectors. */
const formulaOf = (seed: number) => randomFormula({ variables, ratio: 3.5, seed });

/** Sizes at one θmax. */
export function countingSizes(thetaMax: number, seed: number) {
	return orthogonalCounting.sizes(splitAndList.reduce(formulaOf(seed)).target, { thetaMax });
}

/** Counts through exact gradients at one θmax: the error of the count, its bound, and Λ. */
export async function measureInterpolation(thetaMax: number, { cell, runtime }: CellContext): Promise<Measurement> {
	const formula = formulaOf(cell.seed);
	const { target, back } = orthogonalCounting.reduce(splitAndList.reduce(formula).target, { thetaMax });
	const oracle = createOracle({ algorithm: exactAlgorithm, runtime });
	const start = performance.now();
	const { status, estimate, error, amplification } = back(await oracle.ask(target));
	const milliseconds = performance.now() - start;
	const models = countModels(formula);
	return {
		time_ms: milliseconds / oracle.calls,
		samples: oracle.calls,
		extra: {
			thetaMax,
			status,
			models,
			miss: Math.abs(estimate - models),
			bound: error,
			amplification,
			ratio: target.sizes.B / Math.sqrt(Math.log(target.sizes.n)),
		},
	};
}
