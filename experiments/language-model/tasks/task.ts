import type { Random } from "@attgrad/matrix-core";
import type { Batch } from "../network/model.ts";

/** A source of batches that a model is trained on. */
export interface Task {
	readonly name: string;
	readonly vocabulary: number;
	/** A batch of sequences of length n. */
	batch(sequences: number, n: number, random: Random): Batch;
}
