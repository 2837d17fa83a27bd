import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNpy } from "@attgrad/attention-problem";
import { referenceCases, referencePath } from "@attgrad/attention-problem/testing";
import { Matrix, maxAbsDifference } from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { describe, expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const cases = referenceCases();
const folder = temporaryFolder();

describe("--algorithm streaming --json gives the reference gradient and loss", () => {
	test.concurrent.each(cases)("$name", async ({ name, problem, gradX, loss }) => {
		const { code, stdout, stderr } = await attgrad([
			...["gradient", referencePath(name), "--algorithm", "streaming", "--json"],
		]);
		expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
		const answer = JSON.parse(stdout);
		expect(answer).toMatchObject({ algorithm: "streaming", status: "done", n: problem.n, d: problem.d, degree: null });
		expect(Matrix.fromRows(answer.gradient)).toBeAllclose(gradX, { rtol: 1e-12 });
		expect(Math.abs(answer.loss - loss)).toBeLessThanOrEqual(1e-12 * Math.abs(loss));
		expect(answer.reference.errorMax).toBe(maxAbsDifference(Matrix.fromRows(answer.gradient), gradX));
	});
});

const epsilon = 1e-8;

describe("--algorithm polynomial --epsilon 1e-8 gives the reference gradient within epsilon, or says why it cannot", () => {
	test.concurrent.each(cases)("$name", async ({ name, problem, gradX }) => {
		const out = join(folder, `${name}.npy`);
		const { code, stdout, stderr } = await attgrad([
			...["gradient", referencePath(name), "--algorithm", "polynomial", "--epsilon", String(epsilon)],
			...["--json", "--out", out],
		]);
		const answer = JSON.parse(stdout);
		expect(answer).toMatchObject({ algorithm: "polynomial", n: problem.n, d: problem.d });
		if (code === 0) {
			expect(stderr).toBe("");
			expect(decodeNpy(readFileSync(out))).toBeAllclose(gradX, { atol: epsilon });
			expect(answer.certificate.bound).toBeLessThanOrEqual(epsilon);
			expect(answer.certificate.kind).toMatch(/^a-(priori|posteriori)$/);
			expect(answer.rank).toBeGreaterThan(0);
		} else {
			expect(code).toBe(1);
			expect(stderr).toMatch(/^attgrad gradient: [^\n]+\n$/);
			expect(stderr).toContain(answer.reason);
			expect(answer.status).not.toBe("done");
			expect(() => readFileSync(out)).toThrow(/ENOENT/);
		}
	});
});
