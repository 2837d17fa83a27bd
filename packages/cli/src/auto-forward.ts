import { planForward, polynomialForward } from "@attgrad/approx-gradient";
import { type AttentionLayer, defineForward, type ForwardResult, type RowSink } from "@attgrad/attention-problem";
import { exactForward } from "@attgrad/exact-gradient";
import { ComputationError, type RowSource, type Runtime } from "@attgrad/matrix-core";
import { z } from "zod";
import { shortNumber } from "./short-number.ts";

/** Additions and multiplications that an exponential counts for. */
const EXPONENTIAL = 12;

/**
 * For each layer the cheaper of exact and polynomial: the polynomial where it certifies epsilon with fewer operations,
 * about 2 n K (2 d + 3) against n² (4 d + 12).
 * @param reasons gets a line for each layer that is run
 */
export const autoForward = (reasons: string[]) =>
	defineForward({
		name: "auto",
		summary: "the cheaper of streaming and polynomial",
		exact: false,
		options: z.strictObject({
			epsilon: z.number().positive().default(1e-6).describe("bound on max |o~ - o| to prove"),
		}),
		async run(layer, { epsilon }, runtime, sink) {
			const { polynomial, why } = await choose(layer, epsilon, runtime);
			reasons.push(`${polynomial ? "polynomial" : "streaming"}: ${why}`);
			return polynomial ? within(layer, epsilon, runtime, sink) : exactForward.run(layer, {}, runtime, sink);
		},
	});

const within = (
	layer: AttentionLayer<RowSource>,
	epsilon: number,
	runtime: Runtime,
	sink: RowSink,
): Promise<ForwardResult> => polynomialForward.run(layer, polynomialForward.options.parse({ epsilon }), runtime, sink);

async function choose(
	layer: AttentionLayer<RowSource>,
	epsilon: number,
	runtime: Runtime,
): Promise<{ polynomial: boolean; why: string }> {
	try {
		const { degree, rank } = await planForward(layer, epsilon, runtime);
		const { n, d } = layer;
		const saving = (n * (4 * d + EXPONENTIAL)) / (2 * rank * (2 * d + 3));
		const cost = `degree ${degree}, ${rank} features are certain to be within ${shortNumber(epsilon)}`;
		return saving > 1
			? { polynomial: true, why: `${cost} and take 1/${saving.toPrecision(2)} of the exact method's operations` }
			: { polynomial: false, why: `${cost}, but pay only from n = ${Math.ceil(n / saving)} on` };
	} catch (failure) {
		if (!(failure instanceof ComputationError)) throw failure;
		return { polynomial: false, why: failure.message };
	}
}
