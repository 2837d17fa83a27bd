import { readFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder, writeArrays } from "@attgrad/attention-problem";
import { createRuntime } from "@attgrad/matrix-core";
import { scriptArguments, text, wholeNumbers } from "@attgrad/matrix-core/script-arguments";
import { PIXELS, recogniserHeads } from "./recogniser.ts";
import { renderedText } from "./rendered-text.ts";

const {
	n: sizes,
	text: source,
	out,
} = scriptArguments({
	call: "npm run heads:export",
	summary: `Writes queries, keys and values of the text recogniser's heads at other lengths, from rendered text, as .npz files of Q, K and V
		(8 x n x 15 each) and scale. See experiments/heads/README.md.`,
	options: {
		n: wholeNumbers("tokens", { least: 8, most: 2 ** 16, default: [512, 1024, 2048, 4096, 8192] }),
		text: text("file of the text; docs/paper.md where none is given", { form: "file" }),
		out: text("folder of the files", { form: "folder", default: "results/heads" }),
	},
});

const written = readFileSync(source ?? new URL("../../../docs/paper.md", import.meta.url), "utf8");
makeFolder(out);
const runtime = await createRuntime({});
try {
	for (const n of sizes) {
		const made = await recogniserHeads(renderedText(written, PIXELS * n), runtime);
		for (const [block, { Q, K, V }] of made.entries()) {
			const path = join(out, `text-recogniser-block${block + 1}-n${n}.npz`);
			const array = ({ shape, rows }: typeof Q) => ({ shape, data: rows.data });
			const scale = { shape: [], data: Float64Array.of(1 / Math.sqrt(Q.rows.cols)) };
			await writeArrays(path, { Q: array(Q), K: array(K), V: array(V), scale });
			console.log(path);
		}
	}
} finally {
	await runtime.close();
}
