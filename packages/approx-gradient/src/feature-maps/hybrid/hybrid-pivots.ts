import type { Matrix } from "@attgrad/matrix-core";
import type { BalancedCoordinates } from "./balanced-coordinates.ts";

/** The pivots that a map is made of. */
export interface HybridPivots {
	readonly coordinates: BalancedCoordinates;
	/** m pivots in balanced coordinates, queries and keys, m x d. */
	readonly points: Matrix;
	/** B: Tᵀ L⁻¹ for about the factor L of the pivots' kernel matrix and some orthonormal columns T, K x m. */
	readonly inverse: Matrix;
	/** ln of the largest weight of a key, w_l e^(‖y_l‖²/2): what is taken from all of them. */
	readonly shift: number;
	/** At least ‖q − a‖, ‖k − c‖ and ‖a‖ of all rows. */
	readonly sizes: { readonly query: number; readonly key: number; readonly centre: number };
}
