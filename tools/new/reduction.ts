import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "@attgrad/matrix-core";
import { scaffoldName, writeScaffold } from "./scaffold.ts";

const scaffold = scaffoldName(
	"reduction",
	`Writes a reduction, its test, and its lines in the registry and the face of packages/hardness.

	The result decides orthogonal vectors through one gradient, and is tested against brute force, NO instances first.`,
);
const { name, identifier, root } = scaffold;
const source = join(root, "packages/hardness/src");
const folder = join(source, "reductions", name);
const [registry, face] = [join(source, "reductions/registry.ts"), join(source, "index.ts")];
const [list, exported] = [readFileSync(registry, "utf8"), readFileSync(face, "utf8")];
if (existsSync(folder) || new Set(list.match(/\w+/g)).has(identifier))
	throw new UsageError(`there is a reduction ${name} already`);
const end = "\n] as const;";
if (!list.includes(end)) throw new UsageError(`no list of reductions in ${registry}`);

const reduction = `import type { GradientQueries, GradientSizes, Readings } from "../../oracle/gradient-queries.ts";
import { oneCall } from "../decision/one-call.ts";
import { type OneCallCore, oneCallSizes } from "../decision/one-call-core.ts";
import type { PairDecision } from "../decision/pair-decision.ts";
import { defineReduction } from "../decision/reduction.ts";
import type { OrthogonalVectors } from "../instances/orthogonal-vectors.ts";

/** Say here what it decides, at which B and which oracle error, and where the proof is. */
export const ${identifier} = defineReduction<OrthogonalVectors, GradientQueries, Readings, PairDecision, GradientSizes>({
	name: "${name}",
	summary: "one gradient decides orthogonal vectors; no witness",
	source: "orthogonal vectors",
	target: "attention gradient",
	reference: "say here where it comes from",
	sizes: (source) => oneCallSizes(coreOf(source)),
	reduce: (source) => oneCall(coreOf(source)),
});

/** The logit of a pair is yesLogit - theta <a, b>: large for an orthogonal pair, small for any other. */
function coreOf({ a, b }: OrthogonalVectors): OneCallCore {
	const length = a.cols;
	const dummies = Math.max(a.rows, b.rows, 16);
	const d = length + 2;
	const yesLogit = 2 * Math.log(dummies) + 3;
	const theta = yesLogit + 3 * Math.log(dummies);
	const step = Math.sqrt(d * theta);
	const shift = Math.sqrt(d * yesLogit);
	return {
		queries: a.rows,
		keys: b.rows,
		dummies,
		core: length + 1,
		d,
		bits: 0,
		identity: false,
		B: a.weight + b.weight > 0 ? step : shift,
		yesLogit,
		noLogit: yesLogit - theta,
		scoreSize: theta * a.weight + yesLogit + 1,
		fillQuery(row, query) {
			for (let c = 0; c < length; c++) row[c] = step * a.at(query, c);
			row[length] = shift;
		},
		fillKey(row, key) {
			for (let c = 0; c < length; c++) if (b.at(key, c)) row[c] = -step;
			row[length] = shift;
		},
	};
}
`;

const test = `import { boundMet } from "@attgrad/attention-problem";
import { expect, test } from "vitest";
import { exactOracle, noises } from "../../testing/exact-oracle.ts";
import { randomVectors } from "../../testing/random-vectors.ts";
import { orthogonalPairs } from "../instances/orthogonal-vectors.ts";
import { ${identifier} } from "./${name}.ts";

/** Instances, NO at least as often as YES. */
const sources = [0.9, 0.9, 0.6, 0.3].map((ones, seed) => {
	return randomVectors({ queries: 9 + seed, keys: 7, length: 8, ones, seed });
});

test("declared sizes and B are those of what is built", () => {
	for (const source of sources) {
		const { target } = ${identifier}.reduce(source);
		expect(target.sizes).toEqual(${identifier}.sizes(source));
		const problem = target.problem(0);
		expect([problem.n, problem.d]).toEqual([target.sizes.n, target.sizes.d]);
		expect(boundMet(problem).B).toBeCloseTo(target.sizes.B, 12);
	}
});

test("answers are those of brute force, also where the oracle is off by as much as allowed", async () => {
	for (const source of sources) {
		const { target, back } = ${identifier}.reduce(source);
		const truth = orthogonalPairs(source).length > 0 ? "yes" : "no";
		expect(back(await exactOracle().ask(target)).status).toBe(truth);
		for (const noise of noises(target.sizes.epsilon))
			expect(back(await exactOracle(noise).ask(target)).status).toBe(truth);
	}
});

test("more noise never gives a wrong answer", async () => {
	for (const source of sources) {
		const { target, back } = ${identifier}.reduce(source);
		const wrong = orthogonalPairs(source).length > 0 ? "no" : "yes";
		for (const noise of noises(40 * target.sizes.epsilon))
			expect(back(await exactOracle(noise).ask(target)).status).not.toBe(wrong);
	}
});
`;

writeScaffold(
	scaffold,
	{
		[join(folder, `${name}.ts`)]: reduction,
		[join(folder, `${name}.test.ts`)]: test,
		[registry]: `import { ${identifier} } from "./${name}/${name}.ts";\n${list.replace(end, `\n\t${identifier},${end}`)}`,
		[face]: `${exported}export { ${identifier} } from "./reductions/${name}/${name}.ts";\n`,
	},
	[
		"npx attgrad list",
		`cd packages/hardness && npx vitest run --config ../../vitest.config.ts --root . ${name}`,
		"attgrad reduce: add a line to reduceTo of packages/attgrad/src/verbs/reduce/run.ts",
		"figures: add a case to experiments/hardness/cases.ts",
	],
);
