import { backwardPolynomial, operandSample, polynomialOperatorOutput, servesSample } from "@attgrad/approx-gradient";
import type { AttentionOperands, BackwardResult } from "@attgrad/attention-problem";
import { backwardStreaming, operatorForward } from "@attgrad/exact-gradient";
import { ComputationError, type Matrix, maxAbs, maxAbsDifference, type Runtime } from "@attgrad/matrix-core";
import type { AttentionCore } from "../network/attention.ts";
import { causalOperands } from "./exact-core.ts";

/** Highest degree that is tried, and calls after which a lower one is tried again. */
const HIGHEST = 15;
const TRY_LOWER = 20;

/** Rounding of the exact gradients that approximate ones are compared with, relative to their largest entry. */
const ROUNDING = 1e-12;

/** Attention whose outputs and gradients are proved, and what the last passes took. */
export interface CertifiedCore extends AttentionCore {
	/** Whether passes are compared with exact ones. */
	checking: boolean;
	/** Degree and rank of the backward pass of each layer. */
	readonly degrees: number[];
	readonly ranks: number[];
	/** The largest proved error of a gradient of the last step against its largest entry, a number a layer. */
	readonly proved: number[];
	/** The largest true error over what is proved, of all passes that were compared. */
	share: number;
}

/** The approximate passes of a certified core. */
export interface CertifiedPasses {
	readonly forward: typeof polynomialOperatorOutput;
	readonly backward: typeof backwardPolynomial.run;
}

const polynomialPasses: CertifiedPasses = { forward: polynomialOperatorOutput, backward: backwardPolynomial.run };

/**
 * Attention by polynomials: no entry of an output is off by more than `epsilon` of the largest, and so for dQ, dK and dV. Degrees are kept from
 * one step to the next, raised where they prove too little, and lowered where less will do.
 * @throws ComputationError where no degree up to 15 proves it, or a compared gradient is further off than is proved
 */
export function certifiedCore(
	runtime: Runtime,
	epsilon: number,
	passes: CertifiedPasses = polynomialPasses,
): CertifiedCore {
	const defaults = backwardPolynomial.options.parse({ relative: epsilon });
	const [forwards, backwards] = [new KeptDegrees(), new KeptDegrees()];
	const core: CertifiedCore = {
		...{ checking: false, degrees: [], ranks: [], proved: [], share: 0 },
		async run(rows, layer) {
			const operands = causalOperands(rows);
			const serves = (degree: number) => servesSample(operandSample(operands), degree, runtime);
			const made = await forwards.least(layer, serves, (degree) =>
				passes.forward(operands, { ...defaults, degree }, runtime),
			);
			if (core.checking) {
				const { output } = await operatorForward(operands, runtime);
				compare(core, "output", made.output, output, made.bound);
			}
			return { output: made.output, backward };

			async function backward(dO: Matrix): Promise<BackwardResult> {
				const problem = { ...operands, dO };
				const result = await backwards.least(layer, serves, (degree) =>
					passes.backward(problem, { ...defaults, degree }, runtime),
				);
				note(core, layer, result);
				if (core.checking) await compareGradients(core, problem, result, runtime);
				return result;
			}
		},
	};
	return core;
}

/** The degree of each layer. */
class KeptDegrees {
	readonly #degrees: number[] = [];
	readonly #calls: number[] = [];

	/**
	 * The result of the least degree from the layer's last one on at which `run` proves enough. `serves` tells whether a degree serves nearly all
	 * rows: those that it does not serve are exact, and cost as much as all keys.
	 */
	async least<Result>(
		layer: number,
		serves: (degree: number) => Promise<boolean>,
		run: (degree: number) => Promise<Result>,
	): Promise<Result> {
		this.#calls[layer] = (this.#calls[layer] ?? 0) + 1;
		const kept = this.#degrees[layer] ?? 1;
		const triesLower = kept > 1 && this.#calls[layer] % TRY_LOWER === 0;
		for (let degree = triesLower ? kept - 2 : kept; ; degree += 2) {
			if (degree > HIGHEST)
				throw new ComputationError("failed", `language-model: no degree up to ${HIGHEST} serves the scores`);
			if (degree !== this.#degrees[layer] && !(await serves(degree))) continue;
			try {
				const result = await run(degree);
				this.#degrees[layer] = degree;
				return result;
			} catch (error) {
				if (!(error instanceof ComputationError) || degree >= HIGHEST) throw error;
			}
		}
	}
}

function note(core: CertifiedCore, layer: number, { degree, rank, certificate, ...gradients }: BackwardResult): void {
	core.degrees[layer] = Number(degree);
	core.ranks[layer] = Number(rank);
	const shares = (["dQ", "dK", "dV"] as const).map((name) => {
		const size = maxAbs(gradients[name]);
		return size > 0 ? (certificate?.bounds[name] ?? Number.POSITIVE_INFINITY) / size : 0;
	});
	core.proved[layer] = Math.max(...shares);
}

async function compareGradients(
	core: CertifiedCore,
	problem: AttentionOperands & { readonly dO: Matrix },
	result: BackwardResult,
	runtime: Runtime,
): Promise<void> {
	const exact = await backwardStreaming.run(problem, {}, runtime);
	for (const name of ["dQ", "dK", "dV"] as const)
		compare(core, name, result[name], exact[name], result.certificate?.bounds[name] ?? Number.POSITIVE_INFINITY);
}

/** Records the ratio of an error to its bound. @throws ComputationError where it is above it */
function compare(core: CertifiedCore, name: string, got: Matrix, exact: Matrix, bound: number): void {
	const error = maxAbsDifference(got, exact);
	const allowed = bound + ROUNDING * maxAbs(exact);
	if (!(error <= allowed))
		throw new ComputationError("invalid", `language-model: ${name} is off by ${error}, proved are ${bound}`);
	if (allowed > 0) core.share = Math.max(core.share, error / allowed);
}
