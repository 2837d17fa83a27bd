// Sums of a window as the passes over rows read them: node by node.

import { OperatorPart } from "./part";

/** weighted = |α|!/α! S, nodes x (dv + 3), and plain = S against values and ones, nodes x (dv + 1). */
export function keyTables(part: OperatorPart, S: usize, weighted: usize, plain: usize): void {
	const columns = part.dv + 3, width = part.dv + 1, step = <usize>part.nodes << 3;
	for (let at = part.multiplicity, end = at + step; at < end; at += 8, S += 8) {
		const multiplicity = load<f64>(at);
		let from = S;
		for (let i = 0; i < columns; i++, from += step, weighted += 8) {
			const x = load<f64>(from);
			store<f64>(weighted, multiplicity * x);
			if (i >= width) continue;
			store<f64>(plain, x);
			plain += 8;
		}
	}
}

/** weighted = |α|!/α! M for degrees <= g, inner x (dv + 1), and plain = the sums behind M, nodes x (dv + 1). */
export function queryTables(part: OperatorPart, M: usize, weighted: usize, plain: usize): void {
	const width = part.dv + 1, step = <usize>part.nodes << 3, raised = <usize>width * step;
	for (let node = 0, at = part.multiplicity; node < part.nodes; node++, at += 8, M += 8) {
		const multiplicity = load<f64>(at);
		let from = M;
		for (let i = 0; i < width; i++, from += step, plain += 8) {
			store<f64>(plain, load<f64>(from + raised));
			if (node >= part.inner) continue;
			store<f64>(weighted, multiplicity * load<f64>(from));
			weighted += 8;
		}
	}
}
