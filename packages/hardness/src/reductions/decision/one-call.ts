import { type AttentionProblem, createProblem } from "@attgrad/attention-problem";
import { Matrix, type Numbers } from "@attgrad/matrix-core";
import type { GradientQueries, Readings } from "../../oracle/gradient-queries.ts";
import { type OneCallCore, oneCallSizes } from "./one-call-core.ts";
import { decidePair, type PairDecision } from "./pair-decision.ts";
import type { Reduced } from "./reduction.ts";

/**
 * An instance whose gradient has one entry that decides (reduction R1 of paper.md 9.3).
 *
 * Keys are two copies G1, G2 of the genuine keys and then the dummies (zero rows, logit 0). Column w = `core` of A1 is 1
 * for genuine queries, of A2 for G2; column 0 of A3 is 1 for G1; E = 0, Y = I, X = I with rows from w on zeroed. With
 * m_j the softmax mass of G1, which is that of G2 too, dL/dX[w, w] = -(1/d) Σ_j m_j³. Column w + 1 + t is bit t of the
 * query's index in A1, and of the key's index on G2 in A2: dL/dX[w+1+t, w] keeps of the sum the queries with that bit,
 * dL/dX[w, w+1+t] the mass of the keys with that bit.
 */
export function oneCall(core: OneCallCore): Reduced<GradientQueries, Readings, PairDecision> {
	const w = core.core;
	const bits = Array.from({ length: core.bits }, (_, t) => w + 1 + t);
	const target: GradientQueries = {
		sizes: oneCallSizes(core),
		problem: () => oneCallProblem(core),
		read: (_, g) => [g.at(w, w), ...bits.map((column) => g.at(column, w)), ...bits.map((column) => g.at(w, column))],
		harm: (_, entry) => (-core.d * entry > 1 / 16 ? 1 : -1),
	};
	return { target, back: (readings) => decidePair(core, readings) };
}

function oneCallProblem(core: OneCallCore): AttentionProblem {
	const { queries, keys, d, core: w } = core;
	const { n } = oneCallSizes(core);
	const [A1, A2, A3] = [Matrix.zeros(n, d), Matrix.zeros(n, d), Matrix.zeros(n, d)];
	for (let j = 0; j < queries; j++) {
		core.fillQuery(A1.row(j), j);
		mark(A1.row(j), j);
	}
	for (let l = 0; l < keys; l++) {
		core.fillKey(A2.row(l), l);
		core.fillKey(A2.row(keys + l), l);
		mark(A2.row(keys + l), l);
		A3.row(l)[0] = 1;
	}
	return createProblem({
		A1,
		A2,
		A3,
		E: Matrix.zeros(n, d),
		X: Matrix.build(d, d, (i, j) => (i === j && (i < w || core.identity) ? 1 : 0)),
		Y: Matrix.identity(d),
	});

	function mark(row: Numbers, index: number): void {
		row[w] = 1;
		for (let t = 0; t < core.bits; t++) row[w + 1 + t] = (index >>> t) & 1;
	}
}
