import { bytesPerNumber, type Kernels } from "@attgrad/matrix-core";
import { productTable, type RunTable } from "../../kernels/feature-tables.ts";
import { JoinedSlots } from "../../kernels/joined-slots.ts";
import { keyMapOperands, putIndices, slotRanges } from "../../kernels/kernel-operands.ts";
import type { KernelPlan } from "../../kernels/kernel-plan.ts";
import { countMonomials } from "../../monomials/feature-tree.ts";
import { keptTotalDegreeTree } from "../../monomials/total-degree.ts";
import type { gaussKernels } from "../gauss-kernels.ts";
import type { GaussInput } from "../run/gauss-run.ts";
import { termPower, termReach } from "./term-reach.ts";

/** The places of a table of products whose nodes are of high degree: those that are made from `firstMade` on, and the end of each run of products. */
interface HighPlaces {
	readonly firstMade: number;
	readonly skipped: Int32Array;
	/** The nodes at these places. */
	readonly nodes: number[];
}

/** The places of nodes from `low` on. Nodes below it come first in each run: degrees ascend there. */
function highPlaces({ order, triples, runs, made, products }: RunTable, low: number): HighPlaces {
	const isLow = (at: number): boolean => order[at] < low;
	let firstMade = 0;
	while (firstMade < made && isLow(firstMade)) firstMade++;
	const nodes = Array.from(order.subarray(firstMade, made));
	const skipped = new Int32Array(products);
	for (let run = 0, first = made; run < products; run++) {
		const end = first + triples[3 * (runs + run) + 2];
		while (first + skipped[run] < end && isLow(first + skipped[run])) skipped[run]++;
		nodes.push(...order.subarray(first + skipped[run], end));
		first = end;
	}
	return { firstMade, skipped, nodes };
}

/** Sets the moments of some nodes, nodes x columns, from those by column and place. */
function putByNode(from: Float64Array, nodes: ArrayLike<number>, columns: number, to: Float64Array): void {
	for (let place = 0; place < nodes.length; place++)
		for (let column = 0, at = nodes[place] * columns; column < columns; column++, at++)
			to[at] = from[column * nodes.length + place];
}

/** Moments, and the sizes that bound a score's terms: see `termReach`. */
interface MomentsInTwo {
	readonly moments: Float64Array;
	readonly termReach: Float64Array;
}

/**
 * Pass 1 of a run in two precisions: S[β, i] for the nodes of the plan, nodes x columns; those of a degree above `upTo` from features in
 * single precision.
 */
export function momentsInTwo(
	{ problem, tree, space: { frame, keyReach }, constants }: GaussInput,
	upTo: number,
	plan: KernelPlan,
	kernels: Kernels<typeof gaussKernels>,
	onProgress: (rows: number) => void,
): Promise<MomentsInTwo> {
	const { n, d, A2, A3 } = problem;
	const row = d * bytesPerNumber("f64");
	return kernels.scope(async () => {
		const { columns, keyRuns, blockPanels, panelBytes } = plan;
		const lowNodes = countMonomials(d, upTo);
		const lowRuns = productTable(keptTotalDegreeTree(d, upTo), lowNodes);
		const high = highPlaces(keyRuns, lowNodes);
		const nodes = high.nodes.length;
		const shared = {
			...{ d, lowNodes, lowMade: lowRuns.made, lowRuns: lowRuns.runs, lowTable: putIndices(kernels, lowRuns.triples) },
			...{ nodes, firstMade: high.firstMade, made: keyRuns.made, runs: keyRuns.runs, products: keyRuns.products },
			...{ runTable: putIndices(kernels, keyRuns.triples), skipped: putIndices(kernels, high.skipped) },
			panels: blockPanels,
			...keyMapOperands({ problem, frame }, kernels),
			power: termPower(constants.degree),
		};
		const chunkRows = Math.min(n, plan.slots * plan.slotRows);
		const used = slotRanges(chunkRows, plan).length;
		const [lowLength, length] = [lowNodes * columns, nodes * columns];
		const sums = kernels.allocateZeros("f64", used * (lowLength + length));
		const highSums = sums + used * lowLength * 8;
		const sizeCount = (d + 1) * (d + 1);
		const sizes = kernels.allocateZeros("f64", used * sizeCount);
		const [joinedLow, joined, joinedSizes] = [lowLength, length, sizeCount].map((count) => new JoinedSlots(count));
		const keysAt = kernels.rowReader(A2, "f64", chunkRows);
		const inputsAt = kernels.rowReader(A3, "f64", chunkRows);
		const rowPanels =
			(lowRuns.made + 3 * d + 4) * (2 * blockPanels + 1) + (keyRuns.made + 3 * d + 4) * (blockPanels + 1);
		const scratch = 256 + (rowPanels + 4 * d + 16 + sizeCount) * panelBytes;
		for (let from = 0; from < n; from += chunkRows) {
			const rows = Math.min(chunkRows, n - from);
			const [keys, inputs] = [keysAt(from, from + rows), inputsAt(from, from + rows)];
			const tasks = slotRanges(rows, plan).map(([first, count], slot) => {
				const own = { keys: keys + first * row, inputs: inputs + first * row };
				const to = {
					lowS: sums + slot * lowLength * 8,
					S: highSums + slot * length * 8,
					sizes: sizes + slot * sizeCount * 8,
				};
				return { rows: count, ...shared, ...own, ...to };
			});
			await kernels.run("gaussMomentsInTwo", tasks, { scratch });
			joinedLow.add(kernels.view("f64", sums, used * lowLength));
			joined.add(kernels.view("f64", highSums, used * length));
			joinedSizes.add(kernels.view("f64", sizes, used * sizeCount));
			onProgress(from + rows);
		}
		const moments = new Float64Array(tree.raisedSize * columns);
		// Powers of the last variable, which are made, are among the others too.
		putByNode(joined.total(), high.nodes, columns, moments);
		putByNode(joinedLow.total(), lowRuns.order, columns, moments);
		return { moments, termReach: termReach(joinedSizes.total(), { n, power: shared.power, keyReach }) };
	});
}
