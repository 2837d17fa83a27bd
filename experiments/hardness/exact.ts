import { findAlgorithm } from "@attgrad/harness";

/** The oracle of the experiment, before noise. */
export const exactAlgorithm = findAlgorithm("streaming").algorithm;
