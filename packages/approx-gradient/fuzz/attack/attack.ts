import { availableKernels, ComputationError, createRuntime, seededRandom, UsageError } from "@attgrad/matrix-core";
import { pick, randomProblem } from "./problems.ts";
import { type Claim, claiming } from "./target.ts";
import { targets } from "./targets.ts";

/** The outcome of one attack on a certificate. */
export interface Outcome {
	/** `unproven`: the certificate claims nothing. `crashed`: an error that is no refusal. */
	readonly status: "held" | "violated" | "refused" | "unproven" | "crashed";
	/** The seed, the problem and the options. */
	readonly description: string;
	/** The target, and the kind of its certificate where it has one. */
	readonly group: string;
	readonly error: number;
	readonly bound: number;
	/** Why it was refused. */
	readonly reason?: string;
}

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 1 })));

/**
 * One random attack: a problem, a target with a proof, its options and a kernel, all from the seed; the bound against
 * the true gradient, or output, of the numbers that were given, which is exact to 50 digits.
 * @param only name of the target. @default any of them
 */
export async function attack(seed: number, only?: string): Promise<Outcome> {
	const random = seededRandom(seed, "attack");
	const attacked = randomProblem(seed, random);
	const runtime = pick(random, runtimes);
	const target = pick(random, only === undefined ? targets : targets.filter(({ name }) => name === only));
	const { options, run } = target.prepare(attacked, random);
	const description = `seed ${seed}: ${attacked.name} ${target.name} ${runtime.kernel} ${JSON.stringify(options)}`;
	const ended = (status: Outcome["status"], reason: string): Outcome => {
		return { status, description, group: target.name, error: Number.NaN, bound: Number.NaN, reason };
	};
	let claim: Claim;
	try {
		claim = await run(runtime);
	} catch (failure) {
		const refused = failure instanceof ComputationError || failure instanceof UsageError;
		return ended(refused ? "refused" : "crashed", refused ? failure.message : String((failure as Error).stack));
	}
	const { kind, bound, error } = claim;
	if (!claiming.has(kind)) return ended("unproven", kind);
	// A proof with a bound that is no number is no proof.
	const held = Number.isFinite(bound) && error <= bound;
	return { status: held ? "held" : "violated", description, group: `${target.name}, ${kind}`, error, bound };
}
