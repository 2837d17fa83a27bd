import { approximateAlgorithms } from "@attgrad/approx-gradient/gradients";
import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { exactAlgorithms } from "@attgrad/exact-gradient";
import { meantOrKnown, UsageError } from "@attgrad/matrix-core";
import { command } from "./programs/command.ts";
import { peers } from "./programs/peers.ts";

/** Every gradient algorithm of the project, exact ones first. Adding one is adding it to its package's list. */
export const algorithms: readonly AnyGradientAlgorithm[] = [...exactAlgorithms, ...approximateAlgorithms];

/** All that can be named: the project's, then what runs in programs of its own. */
export const knownAlgorithms: readonly AnyGradientAlgorithm[] = [...algorithms, ...peers, command];

/** Other names for algorithms on the command line. */
const aliases: ReadonlyMap<string, string> = new Map([["exact", "streaming"]]);

/** An algorithm with the options that its spelling fixes. */
export interface AlgorithmChoice {
	/** How rows and commands spell it: `streaming`, `polynomial/moment`, `polynomial/moment:basis=taylor`. */
	readonly spelling: string;
	readonly algorithm: AnyGradientAlgorithm;
	/** Options fixed by the variant and by `name=value` pairs; not yet through the algorithm's schema. */
	readonly options: Readonly<Record<string, unknown>>;
}

/**
 * Finds `name`, `name/variant`, or either followed by `:option=value,option=value`.
 * @param known where to look; default: the registry
 * @throws UsageError for an unknown algorithm, variant or option, naming those that are known
 */
export function findAlgorithm(
	spelling: string,
	known: readonly AnyGradientAlgorithm[] = knownAlgorithms,
): AlgorithmChoice {
	const [, name = "", variant, settings] = /^([^/:]*)(?:\/([^:]*))?(?::(.*))?$/s.exec(spelling) ?? [];
	const algorithm = known.find((candidate) => candidate.name === (aliases.get(name) ?? name));
	if (!algorithm)
		throw new UsageError(`unknown algorithm: ${spelling} (${meantOrKnown(spelling, algorithmSpellings(known))})`);
	const variants = new Map(Object.entries(algorithm.variants ?? {}));
	const isName = algorithm.soleSetting !== undefined && callerName.test(variant ?? "");
	const chosen = variant === undefined || isName ? {} : variants.get(variant);
	if (!chosen)
		throw new UsageError(
			`unknown variant of ${algorithm.name}: ${variant} (${meantOrKnown(variant ?? "", [...variants.keys()])})`,
		);
	return {
		spelling: algorithm.name + spelling.slice(name.length).replaceAll(/\r?\n/g, lineEnd),
		algorithm,
		options: { ...chosen, ...(settings !== undefined && parseSettings(algorithm, settings)) },
	};
}

/** All names that `findAlgorithm` knows without settings, in order: each algorithm, then its variants. */
export function algorithmSpellings(known: readonly AnyGradientAlgorithm[] = knownAlgorithms): string[] {
	return known.flatMap(({ name, variants = {} }) => [name, ...Object.keys(variants).map((v) => `${name}/${v}`)]);
}

/** A name that a caller gives a command. */
const callerName = /^[\w.-]+$/;

/** Stands for a line end in the spelling of a command of several lines, since a row is one line. */
const lineEnd = "␤";

/** `basis=taylor,degree=4` as an object. */
function parseSettings({ name, options, soleSetting }: AnyGradientAlgorithm, text: string): Record<string, unknown> {
	if (soleSetting !== undefined) return { [soleSetting]: text.replaceAll(lineEnd, "\n") };
	const known = Object.keys(options.shape);
	return Object.fromEntries(
		text.split(",").map((pair) => {
			const [, option = "", value = ""] = /^([^=]*)=(.*)$/.exec(pair) ?? [];
			if (!known.includes(option))
				throw new UsageError(`unknown option of ${name}: ${pair} (${meantOrKnown(option, known)})`);
			return [option, settingValue(value)];
		}),
	);
}

/** Numbers and truth values as what they are, all else as text. */
function settingValue(value: string): string | number | boolean {
	if (value === "true" || value === "false") return value === "true";
	return value !== "" && Number.isFinite(Number(value)) ? Number(value) : value;
}
