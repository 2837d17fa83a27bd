import { backwards, knownAlgorithms } from "@attgrad/algorithms";
import { autoBackward } from "@attgrad/approx-gradient";
import { distributions } from "@attgrad/attention-problem";
import { experiments } from "@attgrad/experiments";
import { reductions } from "@attgrad/hardness";
import { describeFlags, type FlagDescription, shown } from "../../flags/flags.ts";
import { printTable, wrapWords } from "../../formats/table.ts";

/** All that can be named on the command line, as data. */
export function catalogue() {
	return {
		algorithms: knownAlgorithms.map(({ name, summary, exact, options, variants = {} }) => ({
			name,
			summary,
			exact,
			variants: Object.keys(variants).map((variant) => `${name}/${variant}`),
			options: describeFlags(options),
		})),
		backwards: [...backwards, autoBackward].map(({ name, summary, exact, options }) => ({
			name,
			summary,
			exact,
			options: describeFlags(options),
		})),
		distributions,
		experiments: experiments.map(({ name, question }) => ({ name, question })),
		reductions: reductions.map(({ name, summary, source, target, reference }) => ({
			name,
			summary,
			source,
			target,
			reference,
		})),
	};
}

/** Prints the catalogue to standard output. */
export function printCatalogue(json: boolean): void {
	const listing = catalogue();
	if (json) {
		console.log(JSON.stringify(listing));
		return;
	}
	const { algorithms: listed, distributions: drawn, experiments: run } = listing;
	console.log("Algorithms (--algorithm)");
	printTable(
		listed.map(({ name, summary, variants, options }) => [
			`  ${name}`,
			[summary, ...(variants.length > 0 ? [`variants: ${variants.join(", ")}`] : []), ...options.map(optionLine)].join(
				"\n",
			),
		]),
	);
	console.log("\nBackward passes of layers (attgrad backward --algorithm)");
	printTable(
		listing.backwards.map(({ name, summary, options }) => [
			`  ${name}`,
			[summary, ...options.map(optionLine)].join("\n"),
		]),
	);
	console.log("\nDistributions (--distribution)");
	for (const line of wrapWords(drawn.join(", "), 76)) console.log(`  ${line}`);
	console.log("\nExperiments (attgrad sweep)");
	printTable(run.map(({ name, question }) => [`  ${name}`, question]));
	console.log("\nReductions of the lower bound (attgrad solve, attgrad reduce)");
	printTable(
		listing.reductions.map(({ name, summary, source, target }) => [`  ${name}`, `${source} to ${target}: ${summary}`]),
	);
}

/** `--basis taylor|chebyshev: what it is (default: chebyshev)`. */
function optionLine({ flag, values, summary, default: preset }: FlagDescription): string {
	const name = `--${flag}${values ? ` ${values.join("|")}` : ""}`;
	return `${name}${summary ? `: ${summary}` : ""}${preset === undefined ? "" : ` (default: ${shown(preset)})`}`;
}
