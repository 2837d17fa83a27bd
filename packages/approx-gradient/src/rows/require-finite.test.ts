import { Matrix } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { requireFinite } from "./require-finite.ts";

test("a result is given back as it is, or its first number that is not finite is named", () => {
	const result = { gradient: Matrix.identity(3), loss: 2 };
	expect(requireFinite("nystrom", result)).toBe(result);
	const matrix = Matrix.identity(3);
	for (let at = 0; at < 9; at++) {
		const spoilt = matrix.copy();
		spoilt.data[at] = at % 2 === 0 ? Number.NaN : Number.NEGATIVE_INFINITY;
		expect(() => requireFinite("nystrom", { ...result, gradient: spoilt })).toThrow(
			`nystrom: gradient is not finite, got ${spoilt.data[at]} in row ${Math.floor(at / 3)}, column ${at % 3}`,
		);
	}
	expect(() => requireFinite("clusters", { ...result, loss: Number.NaN })).toThrow(
		"clusters: loss is not finite, got NaN",
	);
});
