import { allocateNumbers, type Numbers, type ProgressReport } from "@attgrad/matrix-core";
import { addMoments, fillFeatures } from "../../routes/block-operations.ts";
import { rowsOfBlock } from "../../routes/block-size.ts";
import { framedKeys, framedQueries } from "../../routes/framed-blocks.ts";
import { ProgressMeter } from "../../routes/progress-meter.ts";
import { momentsOfBoundary } from "../anisotropic/key-powers.ts";
import type { GaussInput, GaussRun } from "./gauss-run.ts";
import { addToSquares, fillKeyColumns, momentColumns } from "./key-columns.ts";
import { QueryRows } from "./query-rows.ts";

/**
 * The gradient with a polynomial of its own for each row, in plain TypeScript: pass 1 as in the moment route with columns for the
 * certificate; pass 2 keeps sums by degree, makes each row's polynomial from its power sums, and goes on with its coefficients. The
 * route `reverse` differentiates ∫P through the tree: the same numbers with no raising table. Rows that prove nothing are left out
 * and listed. An anisotropic set always goes by ∫P.
 */
export async function plainGaussRun(input: GaussInput, onProgress?: ProgressReport): Promise<GaussRun> {
	const { problem, tree, space, constants, anisotropic } = input;
	const { n } = problem;
	const dtype = problem.A1.dtype;
	const columns = momentColumns(constants);
	const progress = new ProgressMeter(
		n,
		{ keys: tree.raisedSize * columns, queries: 3 * tree.raisedSize * columns },
		onProgress,
	);
	const blockRows = rowsOfBlock(2 * tree.raisedSize, dtype);
	const features = allocateNumbers(dtype, tree.raisedSize * blockRows);
	const keyColumns = allocateNumbers(dtype, columns * blockRows);
	const sums = new Float64Array(tree.raisedSize * columns);
	for (const block of framedKeys(problem, space.frame, blockRows)) {
		fillFeatures(tree, tree.raisedSize, block.points, block.count, features);
		fillKeyColumns(block, constants, keyColumns);
		addMoments(features, tree.raisedSize, keyColumns, columns, block.count, sums);
		await progress.advance("keys", block.count);
	}
	addToSquares(sums, constants);
	const ofBoundary = anisotropic && momentsOfBoundary(anisotropic.set, { ...anisotropic, space }, constants, sums);
	const moments: Numbers = dtype === "f64" ? sums : Float32Array.from(sums);
	const rows = new QueryRows(input, moments, blockRows, ofBoundary);
	for (const block of framedQueries(problem, space.frame, blockRows)) {
		rows.add(block, features);
		await progress.advance("queries", block.count);
	}
	return { ...rows.sum.result(), totals: rows.totals, rows: n };
}
