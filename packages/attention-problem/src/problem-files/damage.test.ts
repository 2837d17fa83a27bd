import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UsageError } from "@attgrad/matrix-core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { inMemory, openProblem, readProblem } from "../index.ts";

const scratch = mkdtempSync(join(tmpdir(), "attgrad-damage-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const fixtures = fileURLToPath(new URL("../../fixtures/numpy/", import.meta.url));

async function openAndRead(path: string) {
	const opened = await openProblem(path);
	try {
		return inMemory(opened.problem);
	} finally {
		opened.close();
	}
}

describe.each(["stored", "deflated", "fortran", "mixed"])("an archive (%s) with", (name) => {
	const original = readFileSync(`${fixtures}problem-${name}.npz`);
	const path = join(scratch, `${name}.npz`);

	/** Reads damaged bytes both ways: the right problem or a UsageError of one line. */
	async function check(bytes: Uint8Array): Promise<void> {
		const expected = (await readProblem(`${fixtures}problem-${name}.npz`)).problem;
		writeFileSync(path, bytes);
		for (const read of [async () => (await readProblem(path)).problem, () => openAndRead(path)]) {
			try {
				expect(await read()).toEqual(expected);
			} catch (error) {
				if (!(error instanceof UsageError)) throw error;
				expect(error.message).toContain(path);
				expect(error.message).not.toContain("\n");
			}
		}
	}

	test("any bytes changed gives the right problem or a UsageError", async () => {
		const flips = fc.array(fc.tuple(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 })), {
			minLength: 1,
			maxLength: 3,
		});
		await fc.assert(
			fc.asyncProperty(flips, async (changes) => {
				const bytes = Buffer.from(original);
				for (const [at, by] of changes) bytes[at] ^= by;
				await check(bytes);
			}),
			{ numRuns: 250 },
		);
	});

	test("any part cut off, doubled or left out gives the right problem or a UsageError", async () => {
		const places = fc.tuple(fc.nat(original.length), fc.nat(original.length));
		await fc.assert(
			fc.asyncProperty(places, async ([from, to]) => {
				await check(original.subarray(0, from));
				await check(Buffer.concat([original.subarray(0, from), original.subarray(to)]));
			}),
			{ numRuns: 100 },
		);
	});
});
