import type { Experiment } from "@attgrad/harness";
import hardness from "./hardness/experiment.ts";
import threshold from "./threshold/experiment.ts";

/** The experiments, in the order of the list. */
export const experiments: readonly Experiment[] = [threshold, hardness];
