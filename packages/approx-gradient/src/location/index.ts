export { type HeadRows, problemOfHead } from "./head.ts";
export { approximateHead, type HeadApproximation, type HeadMethod } from "./head-approximation.ts";
export { measuredErrors, polynomialErrors, type RankError } from "./measured-error.ts";
export { type ProvenRanks, provenRanks } from "./proven-ranks.ts";
export { type Quantiles, quantilesOf, type ScoreGeometry, scoreGeometry } from "./score-geometry.ts";
export { type SoftmaxPart, softmaxPart } from "./softmax-matrix.ts";
