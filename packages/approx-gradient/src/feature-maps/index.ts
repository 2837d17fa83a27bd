export { type FeatureMapGradient, type FeatureMapOptions, featureMapGradient, type GradientForm } from "./feature-map-gradient.ts";
export type { EntryErrors, FeatureMap } from "./feature-map.ts";
export { nystrom } from "./nystrom/nystrom.ts";
export { randomFeatures } from "./random-features/random-features.ts";
