/**
 * `npm run heads:export`: queries, keys and values of the text recogniser's heads at other lengths, from rendered text, as `.npz` files
 * of Q, K and V (8 x n x 15 each) and scale. See ../README.md.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeFolder, writeArrays } from "@attgrad/attention-problem";
import { createRuntime, UsageError } from "@attgrad/matrix-core";
import { PIXELS, recogniserHeads } from "./recogniser.ts";
import { renderedText } from "./rendered-text.ts";

const { values } = parseArgs({
	options: {
		n: { type: "string", default: "512,1024,2048,4096,8192" },
		text: { type: "string", default: new URL("../../../docs/paper.md", import.meta.url).pathname },
		out: { type: "string", default: "results/heads" },
	},
});

try {
	const sizes = values.n.split(",").map((word) => {
		const n = Number(word);
		if (!(Number.isInteger(n) && n >= 8 && n <= 2 ** 16))
			throw new UsageError(`--n must be whole numbers from 8 to 65536, got ${word}`);
		return n;
	});
	const text = readFileSync(values.text, "utf8");
	makeFolder(values.out);
	const runtime = await createRuntime({});
	try {
		for (const n of sizes) {
			const made = await recogniserHeads(renderedText(text, PIXELS * n), runtime);
			for (const [block, { Q, K, V }] of made.entries()) {
				const path = join(values.out, `text-recogniser-block${block + 1}-n${n}.npz`);
				const array = ({ shape, rows }: typeof Q) => ({ shape, data: rows.data });
				const scale = { shape: [], data: Float64Array.of(1 / Math.sqrt(Q.rows.cols)) };
				await writeArrays(path, { Q: array(Q), K: array(K), V: array(V), scale });
				console.log(path);
			}
		}
	} finally {
		await runtime.close();
	}
} catch (failure) {
	if (!(failure instanceof UsageError)) throw failure;
	console.error(`heads:export: ${failure.message}`);
	process.exitCode = 2;
}
