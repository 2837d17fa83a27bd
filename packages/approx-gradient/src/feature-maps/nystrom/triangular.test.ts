import { Matrix, seededRandom } from "@attgrad/matrix-core";
import { describe, expect, test } from "vitest";
import { solveLower, solveUpper } from "./triangular.ts";

const random = seededRandom(7, "triangular");
const rows = (count: number, columns: number) => Matrix.build(count, columns, () => random.uniform() - 0.5);
const lower = (K: number) =>
	Matrix.build(K, K, (i, j) => (j > i ? 0 : i === j ? 1 + random.uniform() : random.uniform() - 0.5));

describe.each([1, 2, 3, 8, 31])("a triangular matrix of %s rows", (K) => {
	test.each([0, 1, 7, 8, 9, 20])("times what it is solved for gives %s rows back", (count) => {
		const [L, Z] = [lower(K), rows(count, K)];
		const [below, above] = [Z.copy(), Z.copy()];
		solveLower(L, below);
		solveUpper(L, above);
		for (let j = 0; j < count; j++)
			for (let m = 0; m < K; m++) {
				// A sum of K terms and a division: K + 1 roundings of the sizes that are summed (Higham, Theorem 8.5).
				let [one, other, size, otherSize] = [0, 0, 0, 0];
				for (let i = 0; i <= m; i++) {
					one += L.at(m, i) * below.at(j, i);
					size += Math.abs(L.at(m, i) * below.at(j, i));
				}
				for (let i = m; i < K; i++) {
					other += L.at(i, m) * above.at(j, i);
					otherSize += Math.abs(L.at(i, m) * above.at(j, i));
				}
				const unit = 2 * (K + 2) * 2 ** -53;
				expect(Math.abs(one - Z.at(j, m))).toBeLessThanOrEqual(unit * size);
				expect(Math.abs(other - Z.at(j, m))).toBeLessThanOrEqual(unit * otherSize);
			}
	});

	test("gives a row the same numbers beside others as alone", () => {
		const [L, Z] = [lower(K), rows(13, K)];
		for (const solve of [solveLower, solveUpper]) {
			const all = Z.copy();
			solve(L, all);
			for (let j = 0; j < 13; j++) {
				const alone = Z.slice(j, j + 1).copy();
				solve(L, alone);
				expect(alone.data).toEqual(all.slice(j, j + 1).copy().data);
			}
		}
	});
});
