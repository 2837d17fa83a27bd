import { plus, type RelativeRounding, times } from "../error-bound/index.ts";

/** Proven bounds on the errors of the softmax weights of a block of rows. */
export interface RowErrors {
	/** `relative`: |Ã − A| <= δA and τ = δ/(1−δ) (paper.md 7.1); `l1`: ‖f̃_j − f_j‖₁ <= τ_j (7.4). */
	readonly form: "relative" | "l1";
	/** τ_j. */
	readonly tau: Float64Array;
	/** Where there is another bound of the method's part t_j, |Ĝ~ − Ĝ|_jb <= W_b t_j: the smaller one counts. */
	readonly method?: Float64Array;
	/** θ_j: rounding changes each sum Σ_l Ã_jl x_l by at most θ_j D̃_j max|x|, the row's normaliser among them. */
	readonly rounding: readonly RelativeRounding[];
}

/** The effect of errors τ of the weights on a row of the gradient, over the half-range of the keys: τ[(2+τ)A + Q] of relative ones, τ[(3+τ)A + Q] of l1 ones (paper.md 7.1, 7.4). A = Σ H_i|c_i|, Q = Σ H_i². */
export const ofErrors = (form: RowErrors["form"], tau: number, A: number, Q: number): number =>
	times(tau, plus(times(plus(form === "l1" ? 3 : 2, tau), A), Q));

/**
 * The effect of errors θ of the sums N on a row, with ‖f̃‖₁ <= ν: every quotient N/D is off by κ <= 2νθ/(1−θ), and
 * Ĝ_b = Σ c_i (M_ib − o_i m_b) by κ[(1+2ν+κ)A + (ν+ν²)Q], where |o_i| <= νH_i, |m_b| <= νW_b, |M_ib| <= νH_iW_b.
 */
export function ofRounding(
	theta: RelativeRounding,
	nu: number,
	quotients: RelativeRounding,
	A: number,
	Q: number,
): number {
	const kappa = times(nu, plus(times(2, theta.bound), quotients.bound));
	return times(kappa, plus(times(plus(plus(1, times(2, nu)), kappa), A), times(times(nu, plus(1, nu)), Q)));
}
