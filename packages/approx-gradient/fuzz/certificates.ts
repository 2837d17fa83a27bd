import { attack } from "./attack.ts";
import { attackFeatureMap } from "./attack-feature-maps.ts";
import { attackOutput } from "./attack-outputs.ts";

/**
 * Attacks certificates many times and prints what came of it: node fuzz/certificates.ts [count] [first seed] [feature-maps|outputs].
 * Without the last word it is those of the polynomial's gradients that are attacked.
 * Exits 1 when a bound was below the true error.
 */
const count = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 0);

const attackOne = { "feature-maps": attackFeatureMap, outputs: attackOutput }[process.argv[4] ?? ""] ?? attack;

const tightness: number[] = [];
const tally = { held: 0, violated: 0, refused: 0, unproven: 0 };
for (let seed = first; seed < first + count; seed++) {
	const outcome = await attackOne(seed);
	tally[outcome.status]++;
	if (outcome.status === "violated")
		console.log(`violated: ${outcome.description}: error ${outcome.error}, bound ${outcome.bound}`);
	if (outcome.status === "held" && outcome.error > 0) tightness.push(outcome.bound / outcome.error);
	if ((seed - first + 1) % 1000 === 0) console.error(`${seed - first + 1} of ${count}: ${JSON.stringify(tally)}`);
}
tightness.sort((a, b) => a - b);
const quantile = (q: number): string =>
	(tightness[Math.floor(q * (tightness.length - 1))] ?? Number.NaN).toExponential(1);
console.log(JSON.stringify(tally));
console.log(
	`bound over true error: least ${quantile(0)}, 1 % ${quantile(0.01)}, 10 % ${quantile(0.1)}, median ${quantile(0.5)}, 90 % ${quantile(0.9)}`,
);
process.exitCode = tally.violated > 0 ? 1 : 0;
