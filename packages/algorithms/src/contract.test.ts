import { describeAlgorithmContract } from "@attgrad/approx-gradient/testing";
import { algorithms } from "./gradients.ts";

/** Problems for each proof; ATTGRAD_RUNS=10000 for the long run. */
const runs = Number(process.env["ATTGRAD_RUNS"] ?? 12);

/** Every registered algorithm and variant keeps the contract, whoever added it. */
for (const algorithm of algorithms) {
	describeAlgorithmContract({ algorithm, runs });
	for (const options of Object.values(algorithm.variants ?? {}))
		describeAlgorithmContract({ algorithm, options, runs });
}
