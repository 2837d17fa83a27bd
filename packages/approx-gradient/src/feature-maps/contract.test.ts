import { describeAlgorithmContract } from "../testing.ts";
import { nystrom } from "./nystrom/nystrom.ts";
import { linearAttention } from "./polynomial/linear-attention.ts";
import { randomFeatures } from "./random-features/random-features.ts";
import { supportBasis } from "./support-basis/support-basis.ts";

describeAlgorithmContract({ algorithm: nystrom });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 5 } });
describeAlgorithmContract({ algorithm: nystrom, options: { epsilon: 1e-2 }, runs: 20 });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 20, form: "surrogate" }, runs: 20 });
describeAlgorithmContract({ algorithm: randomFeatures, options: { features: 64 }, runs: 20 });
describeAlgorithmContract({ algorithm: linearAttention });
describeAlgorithmContract({ algorithm: linearAttention, options: { form: "surrogate" }, runs: 20 });
describeAlgorithmContract({ algorithm: supportBasis });
describeAlgorithmContract({ algorithm: supportBasis, options: { degree: 3, threshold: 0.5 } });
describeAlgorithmContract({ algorithm: supportBasis, options: { epsilon: 1e-4 } });
