import {
	certifiedNodes,
	createOracle,
	gapRiemannSum,
	gaussLegendre,
	leftRiemannSum,
	massAtZero,
	massSquares,
	plantedGap,
	type QuadratureRule,
	scoreRange,
	scoreRangeBound,
} from "@attgrad/hardness";
import type { CellContext, Measurement } from "@attgrad/harness";
import { exactAlgorithm } from "./oracles.ts";

/** The distribution of the problems that R0 and R2 are measured on. */
export const gapDistribution = "planted gap";

/** So many rules in a row must be within the error, so that one lucky rule does not count. */
const inARow = 4;

/** Error of f(1) that R2 allows its quadrature. */
const allowed = 1 / 8;

/**
 * Gradient calls along X = λI on one planted YES instance: certified and really needed by Gauss-Legendre (R2), and the
 * error of the paper's Riemann sum (R0), which is made from gradients.
 */
export async function measureIntegral({ cell, runtime }: CellContext): Promise<Measurement> {
	const n = cell.n / 2;
	const source = plantedGap({ n, yes: true, seed: cell.seed });
	const { value, slope } = massSquares(source);
	const truth = value(1);
	const from = massAtZero(source);
	const estimate = ({ nodes, weights }: QuadratureRule) =>
		nodes.reduce((sum, node, i) => sum + weights[i] * slope(node), from);
	const misses = (rule: QuadratureRule, error: number) => Math.abs(estimate(rule) - truth) > error;
	let needed = 1;
	for (let good = 0; good < inARow; needed++) good = misses(gaussLegendre(needed), allowed) ? 0 : good + 1;

	const { target, back } = gapRiemannSum.reduce(source);
	const oracle = createOracle({ algorithm: exactAlgorithm, runtime });
	const start = performance.now();
	const sum = back(await oracle.ask(target)).value;
	const milliseconds = performance.now() - start;
	// the error falls like 1/m: start a little before where it reaches 1/2
	let enough = Math.ceil(0.9 * oracle.calls * (Math.abs(sum - truth) / (1 / 2)));
	while (misses(leftRiemannSum(enough), 1 / 2)) enough = Math.ceil(1.02 * enough);
	const range = scoreRange(source);
	return {
		time_ms: milliseconds / oracle.calls,
		samples: oracle.calls,
		extra: {
			source: n,
			range,
			certified: certifiedNodes(n, range, allowed),
			certifiedFromSizes: certifiedNodes(n, scoreRangeBound(source), allowed),
			needed: needed - inARow,
			sumCalls: oracle.calls,
			sumError: Math.abs(sum - truth),
			sumEnough: enough,
			nodesError: Math.abs(estimate(gaussLegendre(certifiedNodes(n, range, allowed))) - truth),
		},
	};
}
