import { ComputationError, type Matrix } from "@attgrad/matrix-core";

/**
 * A result as it is, with all its matrices and numbers finite.
 * @param algorithm name for the message
 * @throws ComputationError (failed) naming the first number that is not finite: rows of a source that are not, or products that overflow
 */
export function requireFinite<Result extends Readonly<Record<string, Matrix | number>>>(
	algorithm: string,
	result: Result,
): Result {
	for (const [name, value] of Object.entries<Matrix | number>(result)) {
		if (typeof value === "number") {
			if (!Number.isFinite(value))
				throw new ComputationError("failed", `${algorithm}: ${name} is not finite, got ${value}`);
		} else requireFiniteEntries(algorithm, name, value);
	}
	return result;
}

function requireFiniteEntries(algorithm: string, name: string, { data, cols }: Matrix): void {
	// 0 times a finite number is 0. Four sums do not wait for each other.
	let [a, b, c, e] = [0, 0, 0, 0];
	let first = 0;
	for (; first + 4 <= data.length; first += 4) {
		a += 0 * data[first];
		b += 0 * data[first + 1];
		c += 0 * data[first + 2];
		e += 0 * data[first + 3];
	}
	for (; first < data.length; first++) a += 0 * data[first];
	if (a + b + c + e === 0) return;
	for (let at = 0; at < data.length; at++)
		if (!Number.isFinite(data[at]))
			throw new ComputationError(
				"failed",
				`${algorithm}: ${name} is not finite, got ${data[at]} in row ${Math.floor(at / cols)}, column ${at % cols}`,
			);
}
