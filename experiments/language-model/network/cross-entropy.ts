import { Matrix } from "@attgrad/matrix-core";

/** A target that does not count. */
export const IGNORED = -1;

/** The mean loss over the rows that count, how many of them have their target as the largest logit, and the gradient in the logits. */
export interface Loss {
	readonly loss: number;
	readonly counted: number;
	readonly correct: number;
	readonly gradient: Matrix;
}

/** Mean cross-entropy of softmax(logits) at the targets, n x vocabulary; rows whose target is `IGNORED` have no part in it. */
export function crossEntropy(logits: Matrix, targets: Int32Array): Loss {
	const { rows, cols, data } = logits;
	const gradient = Matrix.zeros(rows, cols);
	const counted = targets.reduce((sum, target) => sum + (target === IGNORED ? 0 : 1), 0);
	let [loss, correct] = [0, 0];
	for (let row = 0; row < rows; row++) {
		const target = targets[row];
		if (target === IGNORED) continue;
		const at = row * cols;
		let best = 0;
		for (let i = 1; i < cols; i++) if (data[at + i] > data[at + best]) best = i;
		if (best === target) correct++;
		let sum = 0;
		for (let i = 0; i < cols; i++) {
			const weight = Math.exp(data[at + i] - data[at + best]);
			gradient.data[at + i] = weight;
			sum += weight;
		}
		loss += Math.log(sum) + data[at + best] - data[at + target];
		for (let i = 0; i < cols; i++) gradient.data[at + i] /= sum * counted;
		gradient.data[at + target] -= 1 / counted;
	}
	return { loss: counted === 0 ? 0 : loss / counted, counted, correct, gradient };
}
