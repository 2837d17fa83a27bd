import { biased } from "./biased.ts";
import { clustered } from "./clustered.ts";
import type { Distribution } from "./distribution.ts";
import { gaussian } from "./gaussian.ts";
import { heavyTailed } from "./heavy-tailed.ts";
import { hypercube } from "./hypercube.ts";
import { lowRank } from "./low-rank.ts";
import { massive } from "./massive.ts";
import { sinks } from "./sinks.ts";
import { uniform } from "./uniform.ts";

/** Every distribution that problems are generated from. A new one is a file here and a word in this list. */
export const allDistributions: readonly Distribution[] = [
	uniform,
	gaussian,
	hypercube,
	biased,
	heavyTailed,
	lowRank,
	clustered,
	sinks,
	massive,
];
