import { type LocatedHead, locate } from "@attgrad/approx-gradient";
import { openOperands } from "@attgrad/attention-problem";
import { type Runtime, UsageError } from "@attgrad/matrix-core";

/** A layer whose heads are to be located. */
export interface LocateRequest {
	/** The bytes of an `.npz` archive with Q, K and V. */
	readonly file: { readonly name: string; readonly bytes: Uint8Array };
	/** Relative error of the softmax matrix, Frobenius norm, that costs and the verdict are for. */
	readonly epsilon: number;
}

/** Told after each head. */
export interface LocateEvent {
	readonly done: number;
	readonly total: number;
}

/** Where the heads of a layer lie. */
export interface LocateAnswer {
	readonly located: readonly LocatedHead[];
	readonly scale: number;
}

/** Most heads of a file: a second or more each. */
const MOST_HEADS = 256;

/** Locates every head of a layer, as `attgrad locate` does. @throws UsageError naming file and array */
export async function locateHeads(
	{ file, epsilon }: LocateRequest,
	runtime: Runtime,
	tell: (event: LocateEvent) => void,
): Promise<LocateAnswer> {
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	try {
		const { batch, heads, scale } = operands;
		if (batch * heads > MOST_HEADS)
			throw new UsageError(
				`${file.name}: ${batch * heads} heads; this page takes at most ${MOST_HEADS}, attgrad locate takes more`,
			);
		const onHead = (done: number, total: number) => tell({ done, total });
		return { located: await locate(operands, { epsilon, runtime, onHead }), scale };
	} finally {
		close();
	}
}
