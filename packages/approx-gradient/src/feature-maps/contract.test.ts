import { describeAlgorithmContract } from "../testing.ts";
import { clusters, linearAttention, nystrom, randomFeatures, supportBasis } from "./index.ts";

/** Problems for each proof; ATTGRAD_RUNS=10000 for the long run. */
const runs = Number(process.env["ATTGRAD_RUNS"] ?? 40);

describeAlgorithmContract({ algorithm: nystrom, runs });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 5 }, runs });
describeAlgorithmContract({ algorithm: nystrom, options: { epsilon: 1e-2 }, runs: runs / 4 });
describeAlgorithmContract({ algorithm: nystrom, options: { rank: 20, form: "surrogate" }, runs: runs / 4 });
describeAlgorithmContract({ algorithm: randomFeatures, options: { features: 64 }, runs: runs / 4 });
describeAlgorithmContract({ algorithm: linearAttention, runs });
describeAlgorithmContract({ algorithm: linearAttention, options: { form: "surrogate" }, runs: runs / 4 });
describeAlgorithmContract({ algorithm: supportBasis, runs });
describeAlgorithmContract({ algorithm: supportBasis, options: { degree: 3, threshold: 0.5 }, runs });
describeAlgorithmContract({ algorithm: supportBasis, options: { epsilon: 1e-4 }, runs: runs / 4 });
describeAlgorithmContract({ algorithm: clusters, runs: runs / 2 });
describeAlgorithmContract({ algorithm: clusters, options: { degree: 4, queryClusters: 3, keyClusters: 5 }, runs });
describeAlgorithmContract({
	algorithm: clusters,
	options: { epsilon: 1e-4, keyClusters: 8, drop: 1e-8 },
	runs: runs / 4,
});
