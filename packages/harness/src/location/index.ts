export { locationFigures, locationRows } from "./figures.ts";
export { type LocatedHead, type LocateOptions, locate } from "./locate.ts";
export { type Curve, type RanksAt, relativeErrors } from "./spectrum.ts";
export type { Verdict } from "./verdict.ts";
