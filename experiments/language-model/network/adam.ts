import type { Parameter } from "./parameter.ts";

/** Settings of Adam. */
export interface AdamOptions {
	/** Step size. */
	readonly rate: number;
	/** @default 0.9 */
	readonly beta1?: number;
	/** @default 0.98 */
	readonly beta2?: number;
	/** @default 1e-9 */
	readonly epsilon?: number;
	/** The gradient of all parameters together is shortened to this norm where it is longer. @default 1 */
	readonly clip?: number;
}

/** Adam (Kingma and Ba, 2015) over parameters: each call takes one step along the gradients that they hold. */
export function createAdam(
	parameters: readonly Parameter[],
	{ rate, beta1 = 0.9, beta2 = 0.98, epsilon = 1e-9, clip = 1 }: AdamOptions,
): (factor?: number) => void {
	const mean = parameters.map(({ value }) => new Float64Array(value.data.length));
	const square = parameters.map(({ value }) => new Float64Array(value.data.length));
	let step = 0;
	return (factor = 1) => {
		step++;
		let norm = 0;
		for (const { gradient } of parameters) for (const entry of gradient.data) norm += entry * entry;
		const shorten = Math.min(1, clip / Math.sqrt(norm));
		const size = (factor * rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
		for (const [which, { value, gradient }] of parameters.entries()) {
			const [m, v] = [mean[which], square[which]];
			for (let at = 0; at < m.length; at++) {
				const entry = norm > 0 ? shorten * gradient.data[at] : 0;
				m[at] = beta1 * m[at] + (1 - beta1) * entry;
				v[at] = beta2 * v[at] + (1 - beta2) * entry * entry;
				value.data[at] -= (size * m[at]) / (Math.sqrt(v[at]) + epsilon);
			}
		}
	};
}
