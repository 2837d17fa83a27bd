import { writeFileSync } from "node:fs";
import { replaceFile, writeProblem } from "@attgrad/attention-problem";
import {
	type GradientQueries,
	gapGradient,
	gapIntegral,
	gapRiemannSum,
	orthogonalCounting,
	orthogonalGradient,
	requireBuildable,
	requirePlainCount,
	splitAndList,
	writeDimacs,
} from "@attgrad/hardness";
import { UsageError } from "@attgrad/matrix-core";
import { z } from "zod";
import { outputPath } from "../../files/output-file.ts";
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { printTable } from "../../formats/table.ts";
import { type HardnessSource, readSource } from "./sources.ts";

/** The flags of `attgrad reduce`, without those of the source. */
export const reduceFlags = z.object({
	reduction: z
		.enum(["R1a", "R3", "R1b", "R2", "R0"])
		.optional()
		.describe("R1a, R3 for formulas, R1b, R2, R0 for gap; default: R1a or R1b"),
	identity: z.boolean().default(false).describe("R1a, R1b with X = I, as Theorem E.5 has it; no witness columns"),
	thetaMax: z.number().positive().optional().describe("R3 interpolates down to e^-THETA; default: one node"),
	out: z.string().min(1).describe("file to write, .npz; several problems become NAME-0.npz, NAME-1.npz, …"),
	json: z.boolean().default(false).describe("print the contents of NAME.json"),
});

type Request = z.output<typeof reduceFlags>;

/**
 * Writes the gradient problems of a reduction, their sizes as JSON beside them, and a formula that was made as .cnf.
 * @throws UsageError for a wrong call, a file that is no DIMACS CNF, or a file that cannot be written
 */
export async function reduceSource(given: GivenFlags): Promise<void> {
	const request = readFlags(reduceFlags, given);
	const stem = request.out.slice(0, -".npz".length);
	await outputPath(request.out, { ending: ".npz" });
	const source = await readSource(String(given["source"]), given);
	const { name, reference, queries, chain } = reduceTo(source, request);
	const { calls } = queries.sizes;
	const files = Array.from({ length: calls }, (_, call) => (calls === 1 ? request.out : `${stem}-${call}.npz`));
	for (const [call, file] of files.entries()) await writeProblem(file, queries.problem(call));
	const formulaFile = source.kind === "formula" && source.made ? `${stem}.cnf` : undefined;
	if (source.kind === "formula" && formulaFile) await writeText(formulaFile, writeDimacs(source.formula));
	const written = { ...source.about, reduction: name, reference, chain, sizes: queries.sizes, files };
	const told = { ...written, ...(formulaFile && { formula: formulaFile }) };
	await writeText(`${stem}.json`, `${JSON.stringify(told, null, 2)}\n`);
	if (request.json) console.log(JSON.stringify(told));
	else {
		const { n, d, B, epsilon } = queries.sizes;
		printTable([
			[
				"source",
				Object.entries(source.about)
					.map(([label, value]) => `${label} ${JSON.stringify(value)}`)
					.join(", "),
			],
			["reduction", `${name} (${reference})`],
			["problem", `n ${n}, d ${d}, B ${B.toPrecision(4)}, decodes at epsilon ${epsilon.toPrecision(4)}`],
			[
				"written",
				[calls === 1 ? request.out : `${files[0]} to ${files.at(-1)}`, `${stem}.json`, formulaFile]
					.filter(Boolean)
					.join(", "),
			],
		]);
	}
}

function writeText(path: string, text: string): Promise<void> {
	return replaceFile(path, (file) => writeFileSync(file, text));
}

/** The queries of the reduction that was asked for, with its name and the sizes on the way. */
function reduceTo(source: HardnessSource, { reduction, identity, thetaMax }: Request) {
	const name = reduction ?? (source.kind === "formula" ? "R1a" : "R1b");
	if (identity && name !== "R1a" && name !== "R1b")
		throw new UsageError(`--identity belongs to R1a and R1b, not ${name}`);
	if (thetaMax !== undefined && name !== "R3") throw new UsageError(`--theta-max belongs to R3, not ${name}`);
	const made = (chain: object, { reference }: { reference: string }, { target }: { target: GradientQueries }) => ({
		name,
		reference,
		chain,
		queries: target,
	});
	if (source.kind === "formula") {
		requireBuildable(source.formula);
		if (name === "R3") requirePlainCount(source.formula);
		const { target: vectors } = splitAndList.reduce(source.formula);
		const chain = { [splitAndList.name]: splitAndList.sizes(source.formula) };
		if (name === "R1a") return made(chain, orthogonalGradient, orthogonalGradient.reduce(vectors, { identity }));
		if (name === "R3")
			return made(
				chain,
				orthogonalCounting,
				orthogonalCounting.reduce(vectors, thetaMax === undefined ? {} : { thetaMax }),
			);
		throw new UsageError(`${name} starts from gap instances, formulas go through R1a or R3`);
	}
	if (name === "R1b") return made({}, gapGradient, gapGradient.reduce(source.gap, { identity }));
	if (name === "R2") return made({}, gapIntegral, gapIntegral.reduce(source.gap));
	if (name === "R0") return made({}, gapRiemannSum, gapRiemannSum.reduce(source.gap));
	throw new UsageError(`${name} starts from formulas, gap instances go through R1b, R2 or R0`);
}
