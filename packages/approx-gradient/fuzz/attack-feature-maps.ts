import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { type Random, seededRandom } from "@attgrad/matrix-core";
import { clusters, linearAttention, nystrom, supportBasis } from "../src/feature-maps/index.ts";
import { auto } from "../src/planner/auto.ts";
import { judge, type Outcome, pick, randomProblem, runtime } from "./attack.ts";

/** The algorithms with a proof, and random options for each. */
const targets: readonly [AnyGradientAlgorithm, (random: Random) => object][] = [
	[linearAttention, () => ({})],
	[nystrom, (random) => epsilonOr(random, () => ({ rank: random.integer(1, 130) }))],
	[
		supportBasis,
		(random) => ({ ...polynomialOptions(random), ...sometimes(random, () => ({ threshold: 3 * random.uniform() })) }),
	],
	[auto, (random) => ({ epsilon: 10 ** random.uniform(-8, 1) })],
	[
		clusters,
		(random) => ({
			...polynomialOptions(random),
			...sometimes(random, () => ({ queryClusters: random.integer(1, 10) })),
			...sometimes(random, () => ({ keyClusters: random.integer(1, 10) })),
			...sometimes(random, () => ({ drop: 10 ** random.uniform(-10, -1) })),
		}),
	],
];

const sometimes = (random: Random, options: () => object): object => (random.integer(0, 1) === 0 ? {} : options());

const epsilonOr = (random: Random, options: () => object): object =>
	random.integer(0, 2) === 0 ? { epsilon: 10 ** random.uniform(-8, 1) } : options();

const polynomialOptions = (random: Random): object => epsilonOr(random, () => ({ degree: random.integer(0, 14) }));

/** One random attack on the certificate of an algorithm by feature maps, or of auto. The seed says everything. */
export async function attackFeatureMap(seed: number): Promise<Outcome> {
	const random = seededRandom(seed, "attack on a feature map");
	const { problem, name } = randomProblem(seed, random);
	const [algorithm, optionsOf] = pick(random, targets);
	const options = optionsOf(random);
	const description = `seed ${seed}: ${name} ${problem.A1.dtype} ${algorithm.name} ${JSON.stringify(options)}`;
	return judge(problem, description, algorithm.name, () =>
		algorithm.run(problem, algorithm.options.parse(options), runtime),
	);
}
