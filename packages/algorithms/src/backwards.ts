import { approximateBackwards, autoBackward } from "@attgrad/approx-gradient";
import type { AnyBackwardAlgorithm } from "@attgrad/attention-problem";
import { backwardStreaming, exactBackwards } from "@attgrad/exact-gradient";
import { UsageError } from "@attgrad/matrix-core";

/** Every backward algorithm of the project, exact ones first. Adding one is adding it to its package's list. */
export const backwards: readonly AnyBackwardAlgorithm[] = [...exactBackwards, ...approximateBackwards];

/** Names that `findBackward` knows: auto, exact (another name of streaming), and the algorithms. */
export const backwardNames: readonly string[] = ["auto", "exact", ...backwards.map(({ name }) => name)];

/** The backward algorithm of a name. @throws UsageError for an unknown name */
export function findBackward(name: string): AnyBackwardAlgorithm {
	const wanted = name === "exact" ? backwardStreaming.name : name;
	const found = [autoBackward, ...backwards].find((algorithm) => algorithm.name === wanted);
	if (!found) throw new UsageError(`unknown backward algorithm: ${name} (known: ${backwardNames.join(", ")})`);
	return found;
}
