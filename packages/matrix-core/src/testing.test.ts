import { expect, test } from "vitest";
import { Matrix } from "./index.ts";
import "./testing.ts";

const A = Matrix.fromRows([
	[1, 2],
	[3, 4],
]);

test("toBeAllclose names the worst entry and by how much it is off", () => {
	const B = Matrix.fromRows([
		[1, 2],
		[3.5, 4],
	]);
	expect(A).toBeAllclose(B, { atol: 0.5 });
	expect(() => expect(A).toBeAllclose(B, { atol: 0.4 })).toThrow(
		/entry \(1, 0\): got 3, expected 3.5, off by 5.00e-1 \(relative 1.25e-1\), allowed 4.00e-1/,
	);
});

test("toBeAllclose is relative to the largest expected entry", () => {
	const B = Matrix.fromRows([
		[1.03, 2],
		[3, 4],
	]);
	expect(A).toBeAllclose(B, { rtol: 0.01 });
	expect(A).not.toBeAllclose(B, { rtol: 0.005 });
});

test("toBeAllclose never takes NaN, infinity or another shape", () => {
	const N = Matrix.fromRows([
		[1, Number.NaN],
		[3, 4],
	]);
	expect(A).not.toBeAllclose(N, { atol: Number.MAX_VALUE });
	expect(N).not.toBeAllclose(A, { atol: Number.MAX_VALUE });
	expect(
		Matrix.fromRows([
			[1, Number.POSITIVE_INFINITY],
			[3, 4],
		]),
	).not.toBeAllclose(A, { atol: 1e9 });
	expect(() => expect(A).toBeAllclose([[1, 2, 3]])).toThrow("expected 1 x 3, got 2 x 2");
	expect(Matrix.zeros(0, 2)).toBeAllclose(Matrix.zeros(0, 2));
});
