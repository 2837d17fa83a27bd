import { globSync } from "node:fs";
import { join } from "node:path";
import { openOperands } from "@attgrad/attention-problem";
import { expect, test } from "vitest";

const folder = join(import.meta.dirname, "data");

test.each(globSync("*.npz", { cwd: folder }))("%s holds heads that the reader takes, scaled by 1/√d", async (name) => {
	const { operands, close } = await openOperands(join(folder, name));
	const { heads, n_q, n_k, d, d_v, scale, Q } = operands;
	const n = name.includes("n8192") ? 8192 : 1500;
	expect([n_q, n_k, d, d_v]).toEqual(name.startsWith("text") ? [n, n, 15, 15] : [128, 128, d, d]);
	expect(heads).toBe(name.startsWith("sentence") ? 4 : n === 1500 ? 8 : 2);
	expect(scale).toBeCloseTo(1 / Math.sqrt(d), 12);
	expect(Q.dtype).toBe("f32");
	close();
});
