import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Matrix } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { encodeNpy, generateProblem, generateRows, openProblem, writeProblem } from "../index.ts";
import { archive, fixture, fixtures, fresh, saved } from "../testing/problem-files.ts";

test("reads any rows of a stored archive where they are", async () => {
	const options = { distribution: "clustered", n: 9000, d: 5, B: 1, seed: 8 };
	const path = fresh();
	await writeProblem(path, generateRows(options));
	const whole = generateProblem(options);
	const opened = await openProblem(path);
	expect(opened.problem.A1).not.toBeInstanceOf(Matrix);
	for (const [from, to] of [
		[8999, 9000],
		[0, 1],
		[4000, 8500],
		[0, 9000],
		[17, 17],
	] as const)
		for (const storage of [Float64Array, Float32Array]) {
			const target = new storage((to - from) * 5 + 1).subarray(1);
			opened.problem.E.readRows(from, to, target);
			expect(target).toEqual(new storage(whole.E.slice(from, to).data));
		}
	opened.close();
	opened.close();
});

test("reads into memory that threads share", async () => {
	const opened = await openProblem(`${fixtures}problem-stored.npz`);
	const target = new Float64Array(new SharedArrayBuffer(15 * 8));
	opened.problem.A1.readRows(0, 5, target);
	expect([...target]).toEqual([...fixture().A1.data]);
	opened.close();
});

test("reads any rows of a large array in Fortran order where they are", async () => {
	const [n, d] = [2 ** 20 + 3, 2];
	const folder = fresh();
	mkdirSync(folder);
	const entry = (row: number, col: number) => row + col / 4;
	const columns = Float64Array.from({ length: n * d }, (_, at) => entry(at % n, Math.floor(at / n)));
	const bytes = encodeNpy(new Matrix(n, d, columns));
	bytes.set(Buffer.from("True, "), Buffer.from(bytes.buffer).indexOf("False,"));
	writeFileSync(join(folder, "A1.npy"), bytes);
	for (const name of ["A2", "A3", "E"]) writeFileSync(join(folder, `${name}.npy`), encodeNpy(Matrix.zeros(n, d)));
	for (const name of ["X", "Y"]) writeFileSync(join(folder, `${name}.npy`), encodeNpy(Matrix.identity(d)));
	const { problem, close } = await openProblem(folder);
	expect(problem.A1).not.toBeInstanceOf(Matrix);
	for (const [from, to] of [
		[n - 1, n],
		[5, 70_000],
		[70_000, 70_003],
	] as const)
		for (const storage of [Float64Array, Float32Array]) {
			const target = new storage((to - from) * d);
			problem.A1.readRows(from, to, target);
			const expected = Array.from(target, (_, at) => entry(from + Math.floor(at / d), at % d));
			expect(target).toEqual(new storage(expected));
		}
	close();
});

test("takes into memory what is deflated, or small and in Fortran order", async () => {
	for (const name of ["deflated", "fortran"]) {
		const opened = await openProblem(`${fixtures}problem-${name}.npz`);
		expect(opened.problem.A1).toBeInstanceOf(Matrix);
		opened.close();
	}
});

test("finds a damaged file out when the rows have been read to the end", async () => {
	const bytes = Buffer.from(archive());
	bytes[bytes.indexOf(Buffer.from("A3.npy")) + 6 + 128 + 1] ^= 1;
	const opened = await openProblem(saved(bytes));
	const { A3 } = opened.problem;
	const target = new Float64Array(9);
	A3.readRows(3, 6, target);
	A3.readRows(0, 3, target);
	expect(() => A3.readRows(3, 6, target)).toThrow("A3: damaged");
	opened.close();
});
