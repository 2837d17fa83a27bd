import { findAlgorithm, knownAlgorithms } from "@attgrad/algorithms";
import { UsageError } from "@attgrad/matrix-core";
import { type Cell, cellKey } from "../cells/index.ts";
import type { Experiment, GridBlock, Preset } from "./experiment.ts";
import { sourceDigest } from "./source-digest.ts";

/** Values that replace those of an experiment's grid. */
export type GridOverrides = Partial<Omit<GridBlock, "exclude">>;

/**
 * The cells of an experiment, each once, small n first: all algorithms at one n, then the next n, so that a slow drift
 * of the machine hits all alike and a curve's time limit is known before its larger points start.
 * @param kernel name of the kernel that the cells will run on
 * @throws UsageError for an algorithm or option values that do not exist
 */
export function expandGrid(
	experiment: Experiment,
	preset: Preset,
	kernel: string,
	overrides: GridOverrides = {},
): Cell[] {
	const cells = new Map<string, Cell>();
	const isAsked = accuracies.some((name) => overrides[name] !== undefined);
	for (const block of overriddenBlocks(experiment, preset, overrides))
		for (const cell of expandBlock(experiment, block, kernel, isAsked))
			if (!block.exclude?.(cell)) cells.set(cellKey(cell), cell);
	return [...cells.values()].sort((a, b) => a.n - b.n);
}

/**
 * The blocks with the overrides in place. Algorithms that are asked for stay in the blocks that have them; one that no
 * block has is measured on the axes of the first.
 */
function overriddenBlocks(experiment: Experiment, preset: Preset, overrides: GridOverrides): GridBlock[] {
	const blocks = experiment.grid[preset];
	const { algorithm: wanted, ...axes } = overrides;
	const canonical = (spelling: string) => findAlgorithm(spelling, knownTo(experiment)).spelling;
	const asked = wanted?.map(canonical);
	const inGrid = new Set(blocks.flatMap((block) => block.algorithm.map(canonical)));
	return blocks
		.map((block, i): GridBlock => {
			const { degree, epsilon, relative, ...rest } = block;
			const kept = asked ? block.algorithm.filter((spelling) => asked.includes(canonical(spelling))) : block.algorithm;
			const added = i === 0 ? (asked?.filter((spelling) => !inGrid.has(spelling)) ?? []) : [];
			const own = { ...(degree && { degree }), ...(epsilon && { epsilon }), ...(relative && { relative }) };
			const accuracy = axes.epsilon || axes.relative || axes.degree ? {} : own;
			return { ...rest, ...accuracy, ...axes, algorithm: [...kept, ...added] };
		})
		.filter((block) => block.algorithm.length > 0);
}

/** The algorithms that an experiment can name. */
export function knownTo(experiment: Experiment): typeof knownAlgorithms {
	return [...knownAlgorithms, ...(experiment.algorithms ?? [])];
}

/** Axes that say how good an approximation is to be. */
const accuracies = ["epsilon", "relative", "degree"] as const;

/** @param isAsked whether the accuracies of the block are the call's */
function expandBlock(experiment: Experiment, block: GridBlock, kernel: string, isAsked: boolean): Cell[] {
	return block.algorithm.flatMap((name) => {
		const { algorithm, spelling, options } = findAlgorithm(name, knownTo(experiment));
		// A spelling that fixes its accuracy (`polynomial:degree=4`) is not varied along the block's.
		const isFixed = accuracies.some((name) => name in options);
		const takes = !isFixed && (isAsked || !algorithm.choosesAccuracy);
		const has = (option: (typeof accuracies)[number]) => takes && Object.hasOwn(algorithm.options.shape, option);
		const axes = {
			n: block.n,
			d: block.d,
			B: block.B,
			epsilon: (has("epsilon") && block.epsilon) || [undefined],
			relative: (has("relative") && block.relative) || [undefined],
			degree: (has("degree") && block.degree) || [undefined],
			distribution: block.distribution ?? ["uniform"],
			seed: block.seed ?? [1],
			dtype: block.dtype ?? (["f64"] as const),
			threads: block.threads ?? [1],
		};
		return combinations(axes).map(({ epsilon, relative, degree, ...point }): Cell => {
			const asked = {
				...(epsilon !== undefined && { epsilon }),
				...(relative !== undefined && { relative }),
				...(degree !== undefined && { degree }),
			};
			return {
				experiment: experiment.name,
				algorithm: spelling,
				version: algorithm.version,
				...(algorithm.modules && { sources: sourceDigest(algorithm.modules) }),
				options: resolveOptions(spelling, algorithm.options, { ...options, ...asked }),
				...point,
				...asked,
				kernel,
			};
		});
	});
}

/** The options with their defaults. */
function resolveOptions(
	spelling: string,
	schema: ReturnType<typeof findAlgorithm>["algorithm"]["options"],
	given: Readonly<Record<string, unknown>>,
): Cell["options"] {
	const result = schema.safeParse(given);
	if (result.success) return result.data as Cell["options"];
	const issue = result.error.issues[0];
	throw new UsageError(`${spelling}: ${[...issue.path, issue.message.toLowerCase()].join(": ")}`);
}

/** Every way to take one value of each axis; the last axis runs fastest. */
function combinations<Axes extends Record<string, readonly unknown[]>>(
	axes: Axes,
): { [Name in keyof Axes]: Axes[Name][number] }[] {
	return Object.entries(axes).reduce<Record<string, unknown>[]>(
		(made, [name, values]) => made.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
		[{}],
	) as { [Name in keyof Axes]: Axes[Name][number] }[];
}
