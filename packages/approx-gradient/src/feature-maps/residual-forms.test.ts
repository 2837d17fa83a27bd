import { Matrix, multiply, seededRandom } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { addForm, diagonalRaise, residualForms, symmetricPairs } from "./residual-forms.ts";

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
			raised: members.length,
		});
		const { own, cross, groups, raised } = await residualForms({ columns, blocks, width }, residual, product);
		expect(groups).toBe(Math.ceil(n / 128));
		expect(raised).toBeCloseTo(n, 9);
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

test.each([1, 2, 40])("a raised diagonal makes up for every error of the entries of %d rows", (n) => {
	const random = seededRandom(n, "raise");
	const roots = Float64Array.from({ length: n }, (_, l) => (l % 7 === 3 ? 0 : random.uniform() * 10 ** (l % 5)));
	const raise = diagonalRaise(roots, new Float64Array(n));
	for (let trial = 0; trial < 200; trial++) {
		const z = Array.from({ length: n }, () => random.normal() / 10 ** (trial % 3));
		// The worst error there is lowers the form as much as it can: −r_l r_m sign(z_l z_m).
		let lost = 0;
		for (let l = 0; l < n; l++) for (let m = 0; m < n; m++) lost += roots[l] * roots[m] * Math.abs(z[l] * z[m]);
		const gained = z.reduce((sum, x, l) => sum + raise[l] * x * x, 0);
		expect(gained).toBeGreaterThanOrEqual(lost * (1 - 1e-12));
	}
	// It is no more than that for equal numbers.
	const even = diagonalRaise(new Float64Array(n).fill(3), new Float64Array(n).fill(1));
	expect(even[0]).toBeCloseTo(9 * n, 9);
	expect(even[0]).toBeGreaterThan(9 * n);
});
