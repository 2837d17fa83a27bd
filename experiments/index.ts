import type { Experiment } from "@attgrad/harness";
import ablation from "./ablation/experiment.ts";
import backward from "./backward/experiment.ts";
import crossover from "./crossover/experiment.ts";
import degree from "./degree/experiment.ts";
import hardness from "./hardness/experiment.ts";
import heads from "./heads/experiment.ts";
import kernels from "./kernels/experiment.ts";
import languageModel from "./language-model/experiment.ts";
import millionTokens from "./million-tokens/experiment.ts";
import pareto from "./pareto/experiment.ts";
import peers from "./peers/experiment.ts";
import phase from "./phase/experiment.ts";
import published from "./published/experiment.ts";
import rank from "./rank/experiment.ts";
import regimes from "./regimes/experiment.ts";
import scaling from "./scaling/experiment.ts";
import threshold from "./threshold/experiment.ts";
import training from "./training/experiment.ts";
import trainingEntries from "./training-entries/experiment.ts";

/** Every experiment, in the order in which a sweep of all runs them. A new one is a folder and a line here. */
export const experiments: readonly Experiment[] = [
	scaling,
	backward,
	regimes,
	degree,
	pareto,
	rank,
	phase,
	crossover,
	ablation,
	threshold,
	hardness,
	training,
	trainingEntries,
	languageModel,
	published,
	heads,
	kernels,
	millionTokens,
	peers,
];
