import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeNpy } from "@attgrad/attention-problem";
import { referencePath } from "@attgrad/attention-problem/testing";
import { Matrix } from "@attgrad/matrix-core";
import "@attgrad/matrix-core/testing";
import { expect, test } from "vitest";
import { attgrad, temporaryFolder } from "../../testing/command.ts";

const folder = temporaryFolder();
const small = referencePath("n63-d4");

test.concurrent("the JSON answer has every field, the gradient too where the matrix is small", async () => {
	const { stdout } = await attgrad(["gradient", small, "--algorithm", "polynomial/moment", "--degree", "6", "--json"]);
	expect(stdout.split("\n")).toHaveLength(2);
	const answer = JSON.parse(stdout);
	expect(answer).toMatchObject({
		...{ algorithm: "polynomial", status: "done", n: 63, d: 4, degree: 6, rank: 210, scale: 0.25, dtype: "f64" },
		options: { route: "moment", degree: 6 },
		threads: 1,
	});
	for (const field of ["B", "loss", "milliseconds", "peakRssMb", "gradientMax", "gradientNorm"])
		expect(answer[field], field).toBeGreaterThan(0);
	for (const field of ["bound", "radius", "relativeError", "floatFloor"])
		expect(answer.certificate[field], field).toBeGreaterThan(0);
	expect(answer.certificate.kind).toBe("a-posteriori");
	expect(answer.reference.errorMax).toBeLessThanOrEqual(answer.certificate.bound);
	expect(answer.gradient).toHaveLength(4);
	expect(typeof answer.kernel).toBe("string");
});

test.concurrent("with --out the gradient goes to the file and not into the answer", async () => {
	const out = join(folder, "g.npy");
	const written = await attgrad(["gradient", small, "--algorithm", "exact", "--json", "--out", out]);
	const answer = JSON.parse(written.stdout);
	expect(answer).toMatchObject({ algorithm: "streaming", out });
	expect(answer).not.toHaveProperty("gradient");
	const printed = JSON.parse((await attgrad(["gradient", small, "--algorithm", "exact", "--json"])).stdout);
	expect(decodeNpy(readFileSync(out))).toBeAllclose(Matrix.fromRows(printed.gradient));
});

test.concurrent("the table tells algorithm, problem, certificate and time", async () => {
	const { code, stdout, stderr } = await attgrad(["gradient", small, "--algorithm", "polynomial", "--epsilon", "1e-6"]);
	expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
	const labels = Array.from(stdout.matchAll(/^(\S+)/gm), ([, label]) => label);
	expect(labels).toEqual([
		...["algorithm", "problem", "polynomial", "loss", "gradient", "certificate", "reference", "time"],
	]);
	expect(stdout).toMatch(/no entry is off by more than \d/);
});

test.concurrent("single precision is computed in single precision", async () => {
	const { stdout } = await attgrad(["gradient", small, "--algorithm", "streaming", "--dtype", "f32", "--json"]);
	const { dtype, reference } = JSON.parse(stdout);
	expect(dtype).toBe("f32");
	expect(reference.errorRel).toBeGreaterThan(2 ** -40);
	expect(reference.errorRel).toBeLessThan(1e-5);
});

test.concurrent("an epsilon out of reach is told in the answer and on standard error, with exit code 1", async () => {
	const out = join(folder, "unreachable.npy");
	const words = ["--algorithm", "polynomial", "--epsilon", "1e-18", "--json", "--out", out];
	const { code, stdout, stderr } = await attgrad(["gradient", small, ...words]);
	const { status, reason, n } = JSON.parse(stdout);
	expect({ status, n, code }).toEqual({ status: "invalid", n: 63, code: 1 });
	expect(stderr).toBe(`attgrad gradient: ${reason}\n`);
	expect(() => readFileSync(out)).toThrow(/ENOENT/);
});

test.concurrent.each([
	["n63-d4", "1e-6", "streaming", /no polynomial is faster at n = 63/],
	["n2048-d4", "1e-18", "streaming", /ms predicted; nothing else: no degree proves epsilon/],
	["n9-d5-huge-scores", "1e-6", "streaming", /no polynomial is faster/],
])("auto at %s, epsilon %s picks %s and says why", async (name, epsilon, picked, why) => {
	const { code, stdout } = await attgrad(["gradient", referencePath(name), "--epsilon", epsilon, "--json"]);
	const { algorithm, chosen, reference } = JSON.parse(stdout);
	expect({ code, algorithm }).toEqual({ code: 0, algorithm: "auto" });
	expect(chosen.algorithm).toBe(picked);
	expect(chosen.why).toMatch(why);
	expect(reference.errorMax).toBeLessThanOrEqual(
		Math.max(Number(epsilon), (1e-12 * reference.errorMax) / reference.errorRel),
	);
});

test.concurrent("auto in single precision refuses an epsilon below what can be proved there, and says what can", async () => {
	const { code, stderr } = await attgrad(["gradient", small, "--dtype", "f32", "--epsilon", "1e-12"]);
	expect(code).toBe(1);
	expect(stderr).toMatch(/nothing can prove epsilon 1e-12: float32 rounding of the exact method .* below \d\.\de-\d/);
});
