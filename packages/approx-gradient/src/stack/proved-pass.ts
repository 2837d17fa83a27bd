import type { LayerPass, OfEachGradient, OperatorGradients } from "@attgrad/attention-problem";
import type { Matrix } from "@attgrad/matrix-core";

/** The operator's output, by heads, and a bound on the length of the error of each row. */
export interface ProvedOutput {
	readonly output: Matrix;
	readonly rowBounds: Float64Array;
}

/** The operator's gradients, by heads, and a bound on the error of every entry of each row. */
export interface ProvedGradients extends OperatorGradients {
	readonly rowBounds: OfEachGradient<Float64Array>;
}

/** The pass through a layer whose attention is approximate, with its local bounds: at the inputs that it was given. */
export type ProvedPass = LayerPass<ProvedOutput, ProvedGradients>;
