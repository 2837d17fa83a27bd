import { streaming } from "@attgrad/exact-gradient";
import { createRuntime } from "@attgrad/matrix-core";
import type { Noise } from "../oracle/noise.ts";
import { createOracle, type Oracle } from "../oracle/oracle.ts";

const runtime = await createRuntime({ kernel: "js" });

/** An oracle that computes exactly, with noise where given. */
export function exactOracle(noise?: Noise): Oracle {
	return createOracle({ algorithm: streaming, runtime, ...(noise && { noise }) });
}

/** Noise of a size, in every form: the worst way for the decoder, the opposite way, and random. */
export function noises(epsilon: number): Noise[] {
	return [
		{ kind: "adversarial", epsilon },
		{ kind: "adversarial", epsilon, reversed: true },
		{ kind: "random", epsilon, seed: 1 },
	];
}
