import { type MatrixName, matrixNames } from "@attgrad/attention-problem";
import { UsageError } from "@attgrad/matrix-core";

/**
 * The matrices of `--wrt`, each once.
 * @param flag name of the setting in errors
 * @throws UsageError for a name that is no matrix of a problem, or none at all
 */
export function readMatrixNames(given: string, flag = "--wrt"): MatrixName[] {
	const words = given.split(",").map((word) => word.trim());
	return [...new Set(words)].map((word) => {
		const name = matrixNames.find((known) => known === word);
		if (name) return name;
		throw new UsageError(`${flag} must name matrices among X, Y, A1, A2, A3, E, got ${word || "nothing"}`);
	});
}
