import type { AnyGradientAlgorithm } from "@attgrad/attention-problem";
import { jaxJs } from "./jax-js.ts";
import { numpyTs } from "./numpy-ts.ts";
import { plainTypescript } from "./plain-typescript.ts";
import { tfjs } from "./tfjs.ts";

/** Other ways to the same gradient in JavaScript. Each answers `supports` with a reason where its package is not installed. */
export const peers: readonly AnyGradientAlgorithm[] = [plainTypescript, jaxJs, numpyTs, tfjs];
