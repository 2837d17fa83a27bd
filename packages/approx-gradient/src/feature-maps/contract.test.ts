import { describeAlgorithmContract } from "../testing.ts";
import { nystrom } from "./nystrom/nystrom.ts";
import { randomFeatures } from "./random-features/random-features.ts";

describeAlgorithmContract({ algorithm: nystrom });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 5 } });
describeAlgorithmContract({ algorithm: nystrom, options: { epsilon: 1e-2 }, runs: 20 });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 20, form: "surrogate" }, runs: 20 });
describeAlgorithmContract({ algorithm: randomFeatures, options: { features: 64 }, runs: 20 });
