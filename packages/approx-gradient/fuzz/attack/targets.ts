import {
	type AnyBackwardAlgorithm,
	type AnyGradientAlgorithm,
	type BackwardProblem,
	computeOutput,
	visibleKeys,
} from "@attgrad/attention-problem";
import { ExactMatrix, operatorTruth, truthOf } from "@attgrad/attention-problem/reference";
import { Matrix, type Random } from "@attgrad/matrix-core";
import { backwardHybrid, backwardPolynomial, hybridForward, hybridOperatorOutput } from "../../src/backward/index.ts";
import {
	clusters,
	featureMapBackwards,
	hybrid,
	linearAttention,
	nystrom,
	supportBasis,
} from "../../src/feature-maps/index.ts";
import { polynomial, polynomialForward, polynomialGradientY } from "../../src/index.ts";
import { auto } from "../../src/planner/auto.ts";
import { polynomialOutput } from "../../src/polynomial/polynomial-forward.ts";
import { anisotropic } from "./anisotropic.ts";
import { inMatrices } from "./in-matrices.ts";
import { operatorProblem } from "./operator-problem.ts";
import { pick } from "./problems.ts";
import { type Claim, claiming, claimOf, nothing, type Target } from "./target.ts";
import { twoDegrees } from "./two-degrees.ts";
import { twoPrecisions } from "./two-precisions.ts";

/** The gradient in X by an algorithm. */
const gradientBy = (algorithm: AnyGradientAlgorithm, optionsOf: (random: Random) => object, name?: string): Target => ({
	name: name ?? algorithm.name,
	prepare({ given, problem }, random) {
		const options = optionsOf(random);
		return {
			options,
			async run(runtime) {
				const { gradient, certificate } = await algorithm.run(problem, algorithm.options.parse(options), runtime);
				return claimOf(certificate, gradient, () => truthOf(given).gradient);
			},
		};
	},
});

/** The polynomial method: every route, basis, set of monomials and kind of certificate. */
const polynomialTarget = gradientBy(polynomial, (random) => ({
	// A search for the least anisotropic set takes long where there is none: those attacks are at a degree.
	...(random.integer(0, 5) === 0
		? { degree: random.integer(0, 4), monomials: "anisotropic" }
		: { ...accuracy(random), monomials: "total-degree" }),
	...family(random),
	route: pick(random, ["paper", "moment", "moment", "reverse"]),
	certificate: pick(random, ["a-posteriori", "a-posteriori", "a-priori"]),
}));

/** A polynomial for each row, on kernels and in plain TypeScript, with every kind of bound of a row. */
const gauss = gradientBy(
	polynomial,
	(random) => ({
		...accuracy(random),
		basis: "gauss",
		route: pick(random, ["moment", "moment", "moment", "reverse"]),
		form: pick(random, ["l1", "v2", "v2", "vd", "vd"]),
	}),
	"polynomial by rows",
);

/** The same with pairs drawn, at a confidence of 1 - 1e-9. */
const probable = gradientBy(
	polynomial,
	(random) => ({
		degree: random.integer(1, random.integer(0, 3) > 0 ? 4 : 9),
		basis: "gauss",
		route: pick(random, ["moment", "moment", "reverse"]),
		certificate: "probabilistic",
		certificateSeed: random.integer(0, 2 ** 31 - 1),
	}),
	"polynomial by rows, pairs",
);

/** The outputs of a layer. */
const output: Target = {
	name: "output",
	prepare({ given, problem }, random) {
		const options = { ...accuracy(random), ...family(random) };
		return {
			options,
			async run(runtime) {
				const { output, certificate } = await computeOutput(polynomialForward, problem, options, runtime);
				return claimOf(certificate, output, () => truthOf(given).output);
			},
		};
	},
};

/** The outputs of a layer by a polynomial for each row: every row against its own bound. */
const outputByRows: Target = {
	name: "output by rows",
	prepare({ given, problem }, random) {
		const options = { ...accuracy(random), basis: "gauss" };
		return {
			options,
			async run(runtime) {
				const output = Matrix.zeros(problem.n, problem.d, problem.A1.dtype);
				const parsed = polynomialForward.options.parse(options);
				const { rowBounds, certificate } = await polynomialOutput(problem, parsed, runtime, (from, rows) =>
					output.data.set(rows.data, from * problem.d),
				);
				if (!claiming.has(certificate.kind)) return nothing;
				const { bound, error } = worstRow(truthOf(given).output, output, rowBounds ?? new Float64Array(problem.n));
				return { kind: certificate.kind, bound, error };
			},
		};
	},
};

/** The gradient in Y. */
const gradientYBy = (name: string, familyOf: (random: Random) => object): Target => ({
	name,
	prepare({ given, problem }, random) {
		const options = { ...accuracy(random), ...familyOf(random) };
		return {
			options,
			async run(runtime) {
				const { gradientY, certificate } = await polynomialGradientY(problem, options, runtime);
				return claimOf(certificate, gradientY, () => truthOf(given).gradientY);
			},
		};
	},
});

/** The backward pass of the operator, under every mask where the algorithm takes them: each row of each result against its own bound. */
const backwardBy = (
	algorithm: AnyBackwardAlgorithm,
	masks: boolean,
	optionsOf: (random: Random) => object,
): Target => ({
	name: `backward by ${algorithm.name}`,
	prepare(attacked, random) {
		const { given, problem } = operatorProblem(attacked, random, masks);
		const options = optionsOf(random);
		const { n_q, n_k, visibility } = given;
		return {
			options: { ...options, n_q, n_k, ...visibility },
			async run(runtime) {
				const parsed = algorithm.options.parse(options);
				const { output: computed, ...result } = await algorithm.run(problem, parsed, runtime, { rowBounds: true });
				const { kind = "none", rowBounds, output } = result.certificate ?? {};
				if (kind !== "a-posteriori" || rowBounds === undefined) return nothing;
				const ofOutput = computed &&
					output?.rows && { computed: { output: computed }, bounds: { output: output.rows } };
				return leastRoom(given, { ...result, ...ofOutput?.computed }, { ...rowBounds, ...ofOutput?.bounds });
			},
		};
	},
});

/**
 * The truth has weights to 57 digits after the point. A bound counts roundings of doubles, so that errors below this part of the largest one
 * of a gradient are below what the truth resolves: rows of keys that no query sees.
 */
const UNRESOLVED = 2 ** -120;

/** The row whose error is the largest part of its bound. */
function leastRoom(
	{ n_q, n_k, visibility, ...problem }: BackwardProblem,
	computed: Partial<Record<"dQ" | "dK" | "dV" | "output", Matrix>>,
	bounds: Partial<Record<"dQ" | "dK" | "dV" | "output", Float64Array>>,
): Claim {
	const { lo, hi } = visibleKeys(visibility, n_q, n_k);
	const truth = operatorTruth({ ...problem, visible: (j, l) => lo[j] <= l && l < hi[j] }, problem.dO);
	let worst = { bound: 0, error: 0, share: -1 };
	for (const name of ["dQ", "dK", "dV", "output"] as const) {
		const [rowsOf, boundsOf] = [computed[name], bounds[name]];
		if (!rowsOf || !boundsOf) continue;
		const ofName = worstRow(truth[name], rowsOf, boundsOf);
		if (ofName.share > worst.share) worst = ofName;
	}
	return { kind: "a-posteriori", bound: worst.bound, error: worst.error };
}

/** The row of a matrix whose error is the largest part of its bound. */
function worstRow({ rows, cols, data, exponent }: ExactMatrix, computed: Matrix, bounds: Float64Array) {
	let worst = { bound: 0, error: 0, share: -1 };
	const unresolved = UNRESOLVED * bounds.reduce((most, bound) => Math.max(most, bound), 0);
	for (let row = 0; row < rows; row++) {
		const entries = new ExactMatrix(1, cols, data.slice(row * cols, (row + 1) * cols), exponent);
		const [error, bound] = [entries.distanceTo(computed.slice(row, row + 1)), bounds[row]];
		const share = error <= unresolved ? 0 : error <= bound ? error / bound : Number.POSITIVE_INFINITY;
		if (share > worst.share) worst = { bound, error, share };
	}
	return worst;
}

/** The output of the operator by `hybrid`, under every mask, row by row. */
const hybridOutput: Target = {
	name: "output by hybrid",
	prepare(attacked, random) {
		const { given, problem } = operatorProblem(attacked, random, true);
		const options = { rank: random.integer(1, 12), seed: random.integer(0, 3), chunk: random.integer(1, 4) };
		return {
			options: { ...options, n_q: given.n_q, n_k: given.n_k, ...given.visibility },
			async run(runtime) {
				const { output, bound, rowBounds } = await hybridOperatorOutput(
					problem,
					hybridForward.options.parse(options),
					runtime,
				);
				return Number.isFinite(bound) ? leastRoom(given, { output }, { output: rowBounds }) : nothing;
			},
		};
	},
};

const backward = backwardBy(backwardPolynomial, true, (random) => ({
	degree: random.integer(1, 7),
	chunk: random.integer(1, 4),
}));

/** Every target, as often as it is to be attacked. */
export const targets: readonly Target[] = [
	...[
		polynomialTarget,
		polynomialTarget,
		polynomialTarget,
		gauss,
		gauss,
		gauss,
		probable,
		anisotropic,
		anisotropic,
		twoDegrees,
		twoPrecisions,
		output,
		output,
	],
	...[outputByRows, outputByRows, backward, backward, backward],
	...[
		inMatrices,
		gradientYBy("gradient in Y", (random) => family(random)),
		gradientYBy("gradient in Y by rows", () => ({ basis: "gauss" })),
	],
	...featureMapBackwards.map((algorithm) =>
		backwardBy(algorithm, false, (random) => ({
			...(algorithm.name === "nystrom" && { rank: random.integer(1, 12) }),
			...(algorithm.name === "support-basis" && { degree: random.integer(0, 6) }),
			...(algorithm.name === "clusters" && {
				degree: random.integer(0, 6),
				...sometimes(random, () => ({ queryClusters: random.integer(1, 6) })),
				...sometimes(random, () => ({ keyClusters: random.integer(1, 6) })),
			}),
		})),
	),
	backwardBy(backwardHybrid, true, (random) => ({
		...{ rank: random.integer(1, 12), seed: random.integer(0, 3), chunk: random.integer(1, 4) },
		proves: pick(random, ["all", "all", "dQ"]),
	})),
	hybridOutput,
	gradientBy(linearAttention, () => ({})),
	gradientBy(nystrom, (random) => epsilonOr(random, () => ({ rank: random.integer(1, 12) }))),
	gradientBy(hybrid, (random) => epsilonOr(random, () => ({ rank: random.integer(1, 12) }))),
	gradientBy(
		hybrid,
		(random) => ({
			...epsilonOr(random, () => ({ rank: random.integer(1, 12) })),
			...{ certificate: "probabilistic", certificateSeed: random.integer(0, 2 ** 31 - 1) },
		}),
		"hybrid, pairs",
	),
	gradientBy(supportBasis, (random) => ({
		...accuracy(random),
		...sometimes(random, () => ({ threshold: 3 * random.uniform() * 10 ** random.integer(0, 3) })),
	})),
	gradientBy(auto, (random) => ({ epsilon: 10 ** random.uniform(-8, 1) })),
	gradientBy(clusters, (random) => ({
		...accuracy(random),
		...sometimes(random, () => ({ queryClusters: random.integer(1, 6) })),
		...sometimes(random, () => ({ keyClusters: random.integer(1, 6) })),
		...sometimes(random, () => ({ drop: 10 ** random.uniform(-10, -1) })),
	})),
];

const sometimes = (random: Random, options: () => object): object => (random.integer(0, 1) === 0 ? {} : options());

const epsilonOr = (random: Random, options: () => object): object =>
	random.integer(0, 11) === 0 ? { epsilon: 10 ** random.uniform(-8, 1) } : options();

/** A degree, or rarely an accuracy: the search for a degree costs more than the run. */
const accuracy = (random: Random): { degree?: number; epsilon?: number } =>
	epsilonOr(random, () => ({ degree: random.integer(0, random.integer(0, 3) > 0 ? 4 : 9) }));

/** The family of polynomials; minimax ones are found by exchange, which takes most of an attack's time. */
const family = (random: Random): object => ({
	basis: random.integer(0, 19) === 0 ? "minimax" : pick(random, ["taylor", "chebyshev"]),
});
