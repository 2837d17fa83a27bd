import type { AttentionProblem, Reason } from "@attgrad/attention-problem";
import { bytesPerNumber, type RowSource, totalMemory } from "@attgrad/matrix-core";

/** Most entries that the tensor A = A1 ⊗ A2 of `definition` may have: 2·10⁷ doubles are 160 MB. */
const largestTensor = 2e7;

/** Share of the machine's memory that the n x n matrices of `dense` may take. */
const denseMemoryShare = 0.5;

/** n x n matrices that `dense` holds at once: scores, f, q and p. */
const denseMatrices = 4;

/** Whether `definition` takes this problem: n²d² <= 2·10⁷. */
export function definitionSupports({ n, d }: AttentionProblem<RowSource>): true | Reason {
	const entries = n * n * d * d;
	if (entries <= largestTensor) return true;
	return {
		reason: `definition: the tensor A1 ⊗ A2 has n²d² = ${entries.toExponential(2)} entries at n = ${n}, d = ${d}, the limit is ${largestTensor.toExponential(0)}; use streaming`,
	};
}

/**
 * Whether `dense` takes this problem: its n x n matrices fit in half of the machine's memory.
 * @param memory bytes of the machine
 */
export function denseSupports({ n, A1 }: AttentionProblem<RowSource>, memory = totalMemory()): true | Reason {
	const needed = denseMatrices * n * n * bytesPerNumber(A1.dtype);
	const limit = denseMemoryShare * memory;
	if (needed <= limit) return true;
	const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
	return {
		reason: `dense: ${denseMatrices} matrices of ${n} x ${n} need ${gibibytes(needed)}, the limit is ${gibibytes(limit)} (half of this machine's memory); use streaming`,
	};
}
