import { type Certificate, computeOutput } from "@attgrad/attention-problem";
import { truthOf } from "@attgrad/attention-problem/reference";
import {
	availableKernels,
	ComputationError,
	createRuntime,
	type Matrix,
	seededRandom,
	UsageError,
} from "@attgrad/matrix-core";
import { polynomialForward } from "../../src/index.ts";
import { type AttackedProblem, pick, randomProblem } from "./problems.ts";
import { otherTargets, outputOptions, polynomialTarget } from "./targets.ts";

/** The outcome of one attack on a certificate. */
export interface Outcome {
	/** `unproven`: the certificate claims nothing. `crashed`: an error that is no refusal. */
	readonly status: "held" | "violated" | "refused" | "unproven" | "crashed";
	/** The seed, the problem and the options. */
	readonly description: string;
	/** The algorithm, and the kind of its certificate where it has one. */
	readonly group: string;
	readonly error: number;
	readonly bound: number;
	/** Why it was refused. */
	readonly reason?: string;
}

const runtimes = await Promise.all((await availableKernels()).map((kernel) => createRuntime({ kernel, threads: 1 })));

/**
 * One random attack: a problem, an algorithm with a proof, its options and a kernel, all from the seed; the bound against
 * the true gradient, or output, of the numbers that were given, which is exact to 50 digits.
 */
export async function attack(seed: number): Promise<Outcome> {
	const random = seededRandom(seed, "attack");
	const attacked = randomProblem(seed, random);
	const runtime = pick(random, runtimes);
	const described = (name: string, options: object): string =>
		`seed ${seed}: ${attacked.name} ${name} ${runtime.kernel} ${JSON.stringify(options)}`;
	if (seed % 3 === 2) {
		const options = outputOptions(random);
		return judge(attacked, described("output", options), "output", async () => {
			const { output, certificate } = await computeOutput(polynomialForward, attacked.problem, options, runtime);
			return { computed: output, certificate };
		});
	}
	const [algorithm, optionsOf] = seed % 3 === 0 ? polynomialTarget : pick(random, otherTargets);
	const options = optionsOf(random);
	return judge(attacked, described(algorithm.name, options), algorithm.name, async () => {
		const parsed = algorithm.options.parse(options);
		const { gradient, certificate } = await algorithm.run(attacked.problem, parsed, runtime);
		return { computed: gradient, certificate };
	});
}

interface Made {
	readonly computed: Matrix;
	readonly certificate?: Certificate | undefined;
}

async function judge(
	{ given }: AttackedProblem,
	description: string,
	algorithm: string,
	run: () => Promise<Made>,
): Promise<Outcome> {
	const ended = (status: Outcome["status"], reason: string): Outcome => {
		return { status, description, group: algorithm, error: Number.NaN, bound: Number.NaN, reason };
	};
	let made: Made;
	try {
		made = await run();
	} catch (failure) {
		const refused = failure instanceof ComputationError || failure instanceof UsageError;
		return ended(refused ? "refused" : "crashed", refused ? failure.message : String((failure as Error).stack));
	}
	// Without a certificate it is the exact method that was picked.
	const { bound, kind } = made.certificate ?? { bound: Number.POSITIVE_INFINITY, kind: "none" };
	const proven = kind === "a-priori" || kind === "a-posteriori";
	if (!proven) return ended("unproven", kind);
	// A proof with a bound that is no number is no proof.
	const truth = truthOf(given);
	const error = (algorithm === "output" ? truth.output : truth.gradient).distanceTo(made.computed);
	const held = Number.isFinite(bound) && error <= bound;
	return { status: held ? "held" : "violated", description, group: `${algorithm}, ${kind}`, error, bound };
}
