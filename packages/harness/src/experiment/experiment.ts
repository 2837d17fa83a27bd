import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import type { Dtype } from "@attgrad/matrix-core";
import type { Cell } from "../cells/index.ts";
import type { Figure } from "../figures/index.ts";
import type { CellContext, Measurement } from "../measure/index.ts";

/** Sizes of an experiment: `quick` within about a minute, `full` as far as the question needs. */
export const presets = ["quick", "full"] as const;

/** How far a sweep goes. */
export type Preset = (typeof presets)[number];

/**
 * A block of a grid: every combination of its axes. An axis that an algorithm has no option for (`epsilon` of an
 * exact one) counts once for it.
 */
export interface GridBlock {
	/** Spellings as `findAlgorithm` takes them. */
	readonly algorithm: readonly string[];
	readonly n: readonly number[];
	readonly d: readonly number[];
	readonly B: readonly number[];
	/** Error asked for, max |g~ − g|. Not together with `relative` or `degree`. */
	readonly epsilon?: readonly number[];
	/** Error asked for, max |g~ − g| / max |g|. */
	readonly relative?: readonly number[];
	readonly degree?: readonly number[];
	/** @default uniform */
	readonly distribution?: readonly string[];
	/** @default 1 */
	readonly seed?: readonly number[];
	/** @default f64 */
	readonly dtype?: readonly Dtype[];
	/** @default 1 */
	readonly threads?: readonly number[];
	/** Points of the block that are left out. */
	exclude?(cell: Cell): boolean;
}

/** How long to measure. */
export interface Effort {
	/** Time that the timed runs of one cell take together; one run that is longer suffices. Milliseconds. */
	readonly budget: number;
	/** Once the median time of a point passes this, larger n of its curve are skipped. Milliseconds. */
	readonly timeLimit: number;
}

/** A statement that is shown by a figure, whose title is the verdict. */
export interface Claim {
	/** Its name as docs/paper-map.md has it, `Theorem 1.6`; `ours` for one that is not of the paper. */
	readonly statement: string;
	/** The statement in a sentence, without numbers of a run. */
	readonly says: string;
	/** Name of the figure. */
	readonly figure: string;
}

/** An experiment, declared as data. */
export interface Experiment {
	/** Its name on the command line, in the rows, and of its results folder. */
	readonly name: string;
	readonly title: string;
	/** The question it answers, one sentence. */
	readonly question: string;
	/** `import.meta.url` of the module whose default export it is; the process of a cell loads it from there. */
	readonly module: string;
	/** For each preset, the blocks whose union is the grid. */
	readonly grid: Readonly<Record<Preset, readonly GridBlock[]>>;
	readonly figures: readonly Figure[];
	/** Statements that its figures are evidence for, in the list of claims of a report. @default none */
	readonly claims?: readonly Claim[];
	/** Algorithms of its own, beside those of the registry. */
	readonly algorithms?: readonly AnyGradientAlgorithm[];
	/** @default `defaultEffort` of the preset */
	readonly effort?: Readonly<Partial<Record<Preset, Effort>>>;
	/**
	 * Measures a cell, in the cell's own process, in place of `measureCell`, which it may call and add to.
	 * Values without a column go into `extra`.
	 */
	measure?(context: CellContext): Promise<Measurement>;
	/** Milliseconds that `measure` takes of a cell, about, for dry runs. @default about the budget */
	estimate?(cell: Cell, effort: Effort): number;
}

/** How long a preset measures unless an experiment says otherwise. */
export const defaultEffort: Readonly<Record<Preset, Effort>> = {
	quick: { budget: 500, timeLimit: 5_000 },
	full: { budget: 3_000, timeLimit: 60_000 },
};

/** Type-checks an experiment and returns it. */
export function defineExperiment(experiment: Experiment): Experiment {
	return experiment;
}

/** A cell may take this multiple of its curve's time limit in all, and at least `leastWall` milliseconds. */
const wallFactor = 6;
const leastWall = 60_000;

/**
 * Time after which a cell is stopped, milliseconds.
 * @param timeLimit median time of a point past which larger n are skipped
 */
export function wallLimit(timeLimit: number): number {
	return Math.max(leastWall, wallFactor * timeLimit);
}
