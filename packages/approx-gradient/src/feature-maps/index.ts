export { featureMapBackwards } from "./backward/algorithms.ts";
export { featureMapBackward, type HeadMap, takesNoMask } from "./backward/feature-map-backward.ts";
export { clusters } from "./clusters/clusters.ts";
export type { EntryErrors, FeatureMap } from "./feature-map.ts";
export {
	type FeatureMapGradient,
	type FeatureMapOptions,
	featureMapGradient,
	type GradientForm,
} from "./feature-map-gradient.ts";
export { hybrid } from "./hybrid/hybrid.ts";
export { nystrom } from "./nystrom/nystrom.ts";
export { linearAttention } from "./polynomial/linear-attention.ts";
export { randomFeatures } from "./random-features/random-features.ts";
export { supportBasis } from "./support-basis/support-basis.ts";
