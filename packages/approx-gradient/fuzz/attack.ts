import {
	type AttentionProblem,
	asDtype,
	distributions,
	type GradientResult,
	generateProblem,
} from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { ComputationError, createRuntime, maxAbsDifference, type Random, seededRandom } from "@attgrad/matrix-core";
import { polynomial } from "../src/index.ts";
import { adversaries } from "./adversaries.ts";

/** What became of one attack on a certificate. */
export type Outcome =
	| { status: "refused"; description: string; reason: string }
	| { status: "unproven"; description: string }
	| {
			status: "held" | "violated";
			description: string;
			/** The algorithm, and the kind of its certificate. */
			group: string;
			error: number;
			bound: number;
	  };

export const runtime = await createRuntime();

/** Without kernels. */
export const plain = await createRuntime({ kernel: "js" });

/** Options of a run, before their defaults. */
type Options = Parameters<typeof polynomial.options.parse>[0];

/**
 * One random attack: a problem from a distribution or an adversary, in double or single precision, at a random degree
 * or epsilon, by a random route, basis, monomial set and certificate; the bound against the exact gradient of the same
 * numbers. The seed says everything.
 */
export async function attack(seed: number): Promise<Outcome> {
	const random = seededRandom(seed, "attack");
	const { problem, name } = randomProblem(seed, random);
	const options = randomOptions(random);
	const description = `seed ${seed}: ${name} ${problem.A1.dtype} ${JSON.stringify(options)}`;
	return judge(problem, description, "polynomial", () =>
		polynomial.run(problem, polynomial.options.parse(options), runtime),
	);
}

/** What becomes of a run: its bound against the exact gradient of the same numbers. */
export async function judge(
	problem: AttentionProblem,
	description: string,
	algorithm: string,
	run: () => Promise<GradientResult>,
): Promise<Outcome> {
	let result: GradientResult;
	try {
		result = await run();
	} catch (error) {
		if (!(error instanceof ComputationError)) throw new Error(description, { cause: error });
		return { status: "refused", description, reason: error.message };
	}
	// Without a certificate it is the exact method that was picked.
	const { bound, kind } = result.certificate ?? { bound: Number.POSITIVE_INFINITY, kind: "none" };
	if (kind === "none" || kind === "estimate" || bound === Number.POSITIVE_INFINITY)
		return { status: "unproven", description };
	const exact = await streamingGradient(asDtype(problem, "f64"));
	const error = maxAbsDifference(result.gradient, exact.gradient);
	return { status: error <= bound ? "held" : "violated", description, group: `${algorithm}, ${kind}`, error, bound };
}

export const pick = <T>(random: Random, choices: readonly T[]): T => choices[random.integer(0, choices.length - 1)];

/** A problem from a distribution or an adversary, in double or single precision. */
export function randomProblem(seed: number, random: Random): { problem: AttentionProblem; name: string } {
	const sizes = {
		n: pick(random, [1, 2, 3, 5, 8, 17, 33, 64, 111]),
		d: random.integer(1, 5),
		B: 0.05 * 60 ** random.uniform(),
	};
	const dtype = pick(random, ["f64", "f64", "f32"] as const);
	const name = pick(random, [...distributions, ...Object.keys(adversaries)]);
	const made = adversaries[name]?.(sizes, random) ?? generateProblem({ ...sizes, distribution: name, seed });
	return { problem: asDtype(made, dtype), name: `${name} n ${sizes.n} d ${sizes.d} B ${sizes.B.toPrecision(3)}` };
}

function randomOptions(random: Random): Options {
	const target =
		random.integer(0, 2) === 0 ? { epsilon: 10 ** random.uniform(-10, 1) } : { degree: random.integer(0, 14) };
	if (random.integer(0, 2) === 0)
		return {
			...target,
			basis: "gauss",
			route: pick(random, ["moment", "reverse"]),
			form: pick(random, ["l1", "v2", "v2", "vd"]),
		};
	return {
		...target,
		route: pick(random, ["paper", "moment", "reverse"]),
		basis: pick(random, ["taylor", "chebyshev", "minimax"]),
		monomials: pick(random, ["total-degree", "total-degree", "anisotropic"]),
		certificate: pick(random, ["a-posteriori", "a-posteriori", "a-priori"]),
	};
}
