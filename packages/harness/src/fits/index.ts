export { type Crossover, findCrossover } from "./crossover.ts";
export { chooseGrowth, type Growth, type GrowthCandidate, type GrowthForm, growthForms } from "./growth.ts";
export { type LocalExponent, localExponents } from "./local-exponent.ts";
export { medianInterval } from "./median-interval.ts";
export { countSizes, describeExponent, fitPowerLaw, logLine, type PowerLaw, type SizedValue } from "./power-law.ts";
export { largestWithin, type Reach } from "./reach.ts";
export { studentQuantile } from "./student-t.ts";
