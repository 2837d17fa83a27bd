import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { scaffoldName, writeScaffold } from "./scaffold.ts";

const scaffold = scaffoldName(
	"algorithm",
	`Writes an algorithm, its test and its line in the registry of packages/approx-gradient.

	The result is a working approximation (Taylor of degree 1 as a feature map) that keeps the contract: replace what it does.`,
);
const { name, identifier, root } = scaffold;
const source = join(root, "packages/approx-gradient/src");
const folder = join(source, "feature-maps", name);
const registry = join(source, "gradients.ts");
const list = readFileSync(registry, "utf8");
const words = new Set(list.match(/\w+/g));
if (words.has(identifier) || existsSync(folder) || ["exact", "streaming", "dense", "definition"].includes(name))
	throw new UsageError(`there is an algorithm ${name} already`);
const end = "\n];";
if (!list.includes(end)) throw new UsageError(`no list of algorithms in ${registry}`);

const algorithm = `import { defineAlgorithm } from "@attgrad/attention-problem";
import { Matrix } from "@attgrad/matrix-core";
import { z } from "zod";
import type { FeatureMap } from "../feature-map.ts";
import { featureMapGradient } from "../feature-map-gradient.ts";
import { centred, spansOf } from "../../rows/spans.ts";

/** Features (1, q) and (1, k - centre): 1 + <q, k> in place of e^<q, k>. Say here what yours are, and where they are from. */
function featureMap(centre: Float64Array): FeatureMap {
	const withOne = (rows: Matrix): Matrix =>
		Matrix.build(rows.rows, rows.cols + 1, (j, m) => (m === 0 ? 1 : rows.at(j, m - 1)));
	return {
		rank: centre.length + 1,
		keyFeatures: (keys) => withOne(centred(keys, centre)),
		queryFeatures: withOne,
	};
}

/** Say here what it does, what it costs and what is known of its error. */
export const ${identifier} = defineAlgorithm({
	name: "${name}",
	summary: "1 + x in place of e^x; good for scores far below 1",
	exact: false,
	version: 1,
	modules: [import.meta.url],
	options: z.strictObject({}),
	supports: () => true,
	async run(problem, _options, { onProgress }) {
		const map = featureMap(spansOf(problem).keyCentre);
		const result = await featureMapGradient(problem, map, { form: "plug-in", algorithm: "${name}", onProgress });
		return { gradient: result.gradient, loss: result.loss, rank: map.rank };
	},
});
`;

const test = `import { generateProblem } from "@attgrad/attention-problem";
import { streamingGradient } from "@attgrad/exact-gradient";
import { createRuntime, maxAbs, maxAbsDifference } from "@attgrad/matrix-core";
import { expect, test } from "vitest";
import { describeAlgorithmContract } from "../../testing.ts";
import { ${identifier} } from "./${name}.ts";

describeAlgorithmContract({ algorithm: ${identifier} });

test("${name} is nearer to the gradient the smaller the scores are", async () => {
	const runtime = await createRuntime({ kernel: "js" });
	const errorAt = async (B: number): Promise<number> => {
		const problem = generateProblem({ distribution: "uniform", n: 63, d: 3, B, seed: 1 });
		const exact = await streamingGradient(problem);
		const { gradient } = await ${identifier}.run(problem, {}, runtime);
		return maxAbsDifference(gradient, exact.gradient) / maxAbs(exact.gradient);
	};
	// The error of 1 + x is x² / 2, and the largest score is B².
	expect(await errorAt(0.1)).toBeLessThan((await errorAt(0.4)) / 16);
});
`;

const imported = `import { ${identifier} } from "./feature-maps/${name}/${name}.ts";\n`;
writeScaffold(
	scaffold,
	{
		[join(folder, `${name}.ts`)]: algorithm,
		[join(folder, `${name}.test.ts`)]: test,
		[registry]: imported + list.replace(end, `\n\t${identifier},${end}`),
	},
	[
		"npx attgrad list",
		`cd packages/approx-gradient && npx vitest run --config ../../vitest.config.ts --root . ${name}`,
	],
);
