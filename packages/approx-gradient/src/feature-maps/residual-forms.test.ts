import { Matrix, multiply, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { addForm, residualForms, symmetricPairs } from "./residual-forms.ts";

const product = async (A: Matrix, B: Matrix, options = {}) => multiply(A, B, options);

test.each([1, 3, 63, 128, 129, 400])(
	"G times the forms of groups is at least zᵀRz, for columns of %d rows",
	async (n) => {
		const random = seededRandom(n, "forms");
		const [blocks, width] = [3, 2];
		const columns = Matrix.build(n, blocks * width + 1, () => random.normal());
		const factor = Matrix.build(n, 5, () => random.normal());
		const R = multiply(factor, factor, { transposeB: true });
		const residual = async (members: readonly number[]) => ({
			matrix: Matrix.build(members.length, members.length, (i, k) => R.at(members[i], members[k])),
			slack: 0.25,
			sum: members.length,
		});
		const { own, cross, groups, slack, sum } = await residualForms({ columns, blocks, width }, residual, product);
		expect(groups).toBe(Math.ceil(n / 128));
		expect(slack).toBe(0.25);
		expect(sum).toBeCloseTo(n, 9);
		const c = Matrix.build(1, width, () => random.normal());
		for (let b = 0; b < blocks; b++) {
			const forms = Matrix.zeros((width * (width + 1)) / 2, 1);
			addForm(forms, 0, own, b);
			const z = Matrix.build(
				n,
				1,
				(l) => c.at(0, 0) * columns.at(l, b * width) + c.at(0, 1) * columns.at(l, b * width + 1),
			);
			const whole = multiply(multiply(z, R, { transposeA: true }), z).at(0, 0);
			const form = multiply(symmetricPairs(c), forms).at(0, 0);
			// Sums of n² terms, of positive forms.
			expect(groups * form).toBeGreaterThanOrEqual(whole * (1 - n * n * 2 ** -52) - 1e-12);
			if (groups === 1) expect(form).toBeCloseTo(whole, 8 - Math.ceil(Math.log10(1 + whole)));
		}
		for (let i = 0; groups === 1 && i < blocks * width; i++) {
			let sum = 0;
			for (let l = 0; l < n; l++)
				for (let m = 0; m < n; m++) sum += columns.at(l, i) * R.at(l, m) * columns.at(m, (blocks - 1) * width);
			expect(Math.abs(cross.at(i, 0) - sum)).toBeLessThan(1e-9 * n * n);
		}
	},
);
