export { parseAlgorithms, parseAxis } from "./axis-values.ts";
export {
	type Claim,
	defaultEffort,
	defineExperiment,
	type Effort,
	type Experiment,
	type GridBlock,
	type Preset,
	presets,
	wallLimit,
} from "./experiment.ts";
export { expandGrid, type GridOverrides, knownTo } from "./grid.ts";
