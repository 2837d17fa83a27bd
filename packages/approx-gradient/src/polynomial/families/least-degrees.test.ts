import { expect, test } from "vitest";
import { chebyshev } from "./chebyshev.ts";
import { minimax } from "./minimax.ts";
import { roundingFloor } from "./rounding-floor.ts";
import { taylor } from "./taylor.ts";

const deltas = [1e-2, 1e-4, 1e-6, 1e-8, 1e-10];

/** The table of paper.md 6: least degree, Taylor certified · Chebyshev certified · minimax true, for each delta. */
const table: Record<number, string> = {
	0.25: "2·2·2 4·3·3 5·4·4 7·6·6 8·7·7",
	0.5: "3·2·2 5·4·4 7·6·5 8·7·7 10·8·8",
	1: "5·4·3 7·6·5 9·7·7 11·9·9 13·10·10",
	2: "9·6·5 11·8·7 14·10·9 16·12·11 18·14·13",
	4: "16·10·7 19·13·10 21·15·13 24·17·15 26·19·17",
	8: "30·19·12 33·22·16 36·24·19 39·27·22 42·29·24",
};

const rows = Object.entries(table).map(([radius, cells]) => ({
	radius: Number(radius),
	degrees: cells.split(" ").map((cell) => cell.split("·").map(Number)),
}));

test.each(rows)("the least degrees at R = $radius are those of the table", ({ radius, degrees }) => {
	deltas.forEach((delta, at) => {
		const [byTaylor, byChebyshev, byMinimax] = degrees[at];
		expect(taylor.degreeFor(radius, delta)).toBe(byTaylor);
		expect(chebyshev.degreeFor(radius, delta)).toBe(byChebyshev);
		// Double precision shows an error of e^-x P(x) to some ten times u e^(2R); below that Chebyshev stands in.
		const shown = delta > 100 * roundingFloor(radius, "f64");
		expect(minimax.degreeFor(radius, delta)).toBe(shown ? byMinimax : byChebyshev);
	});
});

test("a delta out of reach of every degree gives Infinity", () => {
	expect(taylor.degreeFor(400, 1e-6)).toBe(Number.POSITIVE_INFINITY);
	expect(chebyshev.degreeFor(400, 1e-6)).toBe(Number.POSITIVE_INFINITY);
	expect(minimax.degreeFor(400, 1e-6)).toBe(Number.POSITIVE_INFINITY);
});
