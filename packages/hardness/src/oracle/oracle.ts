import { type AnyGradientAlgorithm, type Certificate, skipUnless } from "@attgrad/attention-problem";
import { type Runtime, unitRoundoff } from "@attgrad/matrix-core";
import type { GradientQueries, OracleError, Readings } from "./gradient-queries.ts";
import { addNoise, type Noise } from "./noise.ts";

/** Something that computes attention gradients: all that a solver learns of an instance goes through `ask`. */
export interface Oracle {
	/** Name for reports. */
	readonly name: string;
	/** Gradients computed so far. */
	readonly calls: number;
	/**
	 * Asks for every gradient of a reduction and keeps what the reduction reads.
	 * @throws ComputationError where the algorithm does not take a problem or fails on it
	 */
	ask(queries: GradientQueries): Promise<Readings>;
}

/** The algorithm that an oracle runs, and its settings. */
export interface OracleOptions {
	readonly algorithm: AnyGradientAlgorithm;
	/** Options of the algorithm, given the sizes of the problems: an approximate one needs an epsilon. @default {} */
	readonly options?: (sizes: GradientQueries["sizes"]) => Record<string, unknown>;
	readonly runtime: Runtime;
	/** Noise on top of the algorithm's own error; its epsilon counts as declared. */
	readonly noise?: Noise;
	/** Called after each gradient. */
	readonly onCall?: (calls: number) => void;
}

/**
 * An oracle that runs a gradient algorithm and counts the calls. What it declares as error is what is proved: rounding for an
 * exact algorithm, the certificate of an approximate one (infinite for an estimate), and the noise. Asking it throws
 * ComputationError, `skipped` where the algorithm does not take a problem, another status where it fails.
 */
export function createOracle({ algorithm, options = () => ({}), runtime, noise, onCall }: OracleOptions): Oracle {
	let calls = 0;
	return {
		name: algorithm.name,
		get calls() {
			return calls;
		},
		async ask(queries) {
			const entries: (readonly number[])[] = [];
			let error: OracleError = { absolute: 0, unitRoundoff: 0 };
			const resolved = algorithm.options.parse(options(queries.sizes));
			for (let call = 0; call < queries.sizes.calls; call++) {
				const problem = queries.problem(call);
				skipUnless(algorithm.supports(problem, resolved));
				const { gradient, certificate, picked } = await algorithm.run(problem, resolved, runtime);
				const noisy = noise ? addNoise(gradient, noise, (entry) => queries.harm(call, entry), calls) : gradient;
				entries.push(queries.read(call, noisy));
				error = larger(error, errorOf(algorithm.exact || picked?.exact === true, certificate, noise));
				calls++;
				onCall?.(calls);
			}
			return { entries, error };
		},
	};
}

/** The proven bound on a gradient's error: rounding for an exact algorithm, the certificate of an approximate one. */
function errorOf(exact: boolean, certificate: Certificate | undefined, noise?: Noise): OracleError {
	const added = noise?.epsilon ?? 0;
	if (exact) return { absolute: added, unitRoundoff: unitRoundoff("f64") };
	const proven = certificate?.kind === "a-priori" || certificate?.kind === "a-posteriori";
	return { absolute: added + (proven ? certificate.bound : Number.POSITIVE_INFINITY), unitRoundoff: 0 };
}

function larger(x: OracleError, y: OracleError): OracleError {
	return {
		absolute: Math.max(x.absolute, y.absolute),
		unitRoundoff: Math.max(x.unitRoundoff, y.unitRoundoff),
	};
}
