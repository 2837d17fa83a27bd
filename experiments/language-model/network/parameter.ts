import { Matrix, type Random } from "@attgrad/matrix-core";

/** A weight matrix that is trained, and the gradient of the loss in it, which backward passes add to. */
export interface Parameter {
	readonly name: string;
	readonly value: Matrix;
	readonly gradient: Matrix;
}

/** A parameter with the given value and a gradient of zeros. */
export const parameter = (name: string, value: Matrix): Parameter => ({
	name,
	value,
	gradient: Matrix.zeros(value.rows, value.cols),
});

/** A parameter of independent normal entries of standard deviation `deviation`. */
export const normalParameter = (
	name: string,
	rows: number,
	cols: number,
	deviation: number,
	random: Random,
): Parameter =>
	parameter(
		name,
		Matrix.build(rows, cols, () => deviation * random.normal()),
	);

/** Adds a matrix to the gradient of a parameter. */
export function addGradient({ gradient }: Parameter, by: Matrix): void {
	for (let at = 0; at < gradient.data.length; at++) gradient.data[at] += by.data[at];
}

/** Sets the gradients of all parameters to zero. */
export function clearGradients(parameters: readonly Parameter[]): void {
	for (const { gradient } of parameters) gradient.data.fill(0);
}
