import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
	type AttentionOperands,
	type AttentionProblem,
	createOperands,
	createProblem,
	headsOf,
	openOperands,
} from "@attgrad/attention-problem";
import type { Cell } from "@attgrad/harness";
import { ComputationError, Matrix, materialise, seededRandom } from "@attgrad/matrix-core";

/** Heads of the data at another length, in the order of the file. */
const LONG: Readonly<Record<string, readonly number[]>> = { "text-recogniser-block1-n8192": [0, 5] };

/** The file of a head's layer and its place there: the data of this folder, or what `npm run heads:export` wrote for another length. */
function fileOf({ distribution, n }: Pick<Cell, "distribution" | "n">): { file: string; head: number } {
	const [name, index] = distribution.split(" ");
	const head = Number(index);
	const own = (of: string) => fileURLToPath(new URL(`data/${of}.npz`, import.meta.url));
	if (n === 1500 || n === 128) return { file: own(name), head };
	const long = `${name}-n${n}`;
	const place = LONG[long]?.indexOf(head) ?? -1;
	if (place >= 0) return { file: own(long), head: place };
	return { file: fileURLToPath(new URL(`../../results/heads/${long}.npz`, import.meta.url)), head };
}

/**
 * The head that a cell is about, named "FILE HEAD" in its column `distribution`.
 * @throws ComputationError skipped where its file is not there
 */
export async function headOf(cell: Pick<Cell, "distribution" | "n">): Promise<AttentionOperands> {
	const { file, head } = fileOf(cell);
	if (!existsSync(file))
		throw new ComputationError("skipped", `heads: no data at n = ${cell.n}: npm run heads:export -- --n ${cell.n}`);
	const { operands, close } = await openOperands(file, { dtype: "f64" });
	try {
		const { Q, K, V } = headsOf(operands)[head];
		const rows = { Q: materialise(Q), K: materialise(K), V: materialise(V) };
		return createOperands(rows, { scale: operands.scale });
	} finally {
		close();
	}
}

/** The head as a problem of the paper: A1 = Q, A2 = K, A3 = V, X = Y = 1, and a target E of independent normal entries. */
export async function headProblem(cell: Pick<Cell, "distribution" | "n" | "seed">): Promise<AttentionProblem> {
	const { Q, K, V, d, d_v, n_q, scale } = await headOf(cell);
	const random = seededRandom(cell.seed, "target");
	const E = Matrix.build(n_q, d_v, () => random.normal());
	return createProblem({ A1: Q, A2: K, A3: V, E, X: Matrix.identity(d), Y: Matrix.identity(d_v) }, scale);
}
