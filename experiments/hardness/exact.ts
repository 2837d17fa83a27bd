import { findAlgorithm } from "@attgrad/algorithms";

/** The oracle of the experiment, before noise. */
export const exactAlgorithm = findAlgorithm("streaming").algorithm;
