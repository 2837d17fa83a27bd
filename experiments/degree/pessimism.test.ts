import type { Row } from "@attgrad/harness";
import { expect, test } from "vitest";
import { describePessimism, pessimism } from "./pessimism.ts";

/** Rows of degrees 1, 2, 3, …: [error, bound]. */
const rows = (...pairs: [number, number][]) =>
	pairs.map(([error_max, error_bound], i) => ({ B: 1, seed: 1, degree: i + 1, error_max, error_bound }) as Row);

test("the cost of a certificate is how many degrees earlier the error meets the bound", () => {
	// The bounds 1 and 1e-2 of degrees 4 and 5 are met by the errors of degrees 2 and 3.
	expect(pessimism(rows([2, 1e4], [1, 1e3], [1e-2, 1e2], [1e-3, 1], [1e-4, 1e-2]))).toEqual({ least: 2, most: 2 });
	expect(describePessimism(rows([2, 1e4], [1, 1e3], [1e-2, 1e2], [1e-3, 1], [1e-4, 1e-2]))).toBe(
		"All 5 certified bounds hold, at a cost of 2 degrees",
	);
});

test("a bound that is as good as the error costs nothing", () => {
	expect(pessimism(rows([1, 1], [0.1, 0.1], [0.01, 0.01]))).toEqual({ least: 0, most: 0 });
});

test("bounds that the least degree meets, or that rounding makes, tell nothing", () => {
	expect(pessimism(rows([1, 5], [0.1, 2]))).toBeUndefined();
	const atFloor = rows([1, 9], [0.1, 0.2], [0.01, 0.2]).map((row) => ({ ...row, extra: { floor: 0.1 } }));
	expect(pessimism(atFloor)).toBeUndefined();
	expect(describePessimism(atFloor)).toBe("All 3 certified bounds hold");
});

test("rows of another B or seed are not compared", () => {
	const better = rows([1e-9, 1e-9]).map((row) => ({ ...row, B: 2 }));
	expect(pessimism([...rows([1, 5], [0.1, 0.5]), ...better])).toEqual({ least: 0, most: 0 });
});

test("the title says it where a bound is below the error", () => {
	expect(describePessimism(rows([1, 5], [0.1, 0.01]))).toBe("1 of 2 certified bounds are below the error");
});
