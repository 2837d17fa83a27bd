import { countAndSeed } from "./arguments.ts";
import { attack, type Outcome } from "./attack.ts";
import { attackFeatureMap } from "./attack-feature-maps.ts";
import { attackOutput } from "./attack-outputs.ts";

/** Taken in turn: the polynomial's gradients, those of the other algorithms with proofs, and outputs of layers. */
const attacks = [attack, attackFeatureMap, attackOutput];

/**
 * Attacks certificates many times and prints what came of it: node fuzz/certificates.ts [count] [first seed]. A third of the
 * attacks are on the polynomial's gradients, a third on the other algorithms with proofs, a third on outputs of layers. Exits 1 when a bound was below the true error.
 */
const [count, first] = countAndSeed(10_000);

const tally = { held: 0, violated: 0, refused: 0, unproven: 0 };
/** Bound over true error of those that held, by algorithm and kind of certificate. */
const tightness = new Map<string, number[]>();

function note(outcome: Outcome): void {
	tally[outcome.status]++;
	if (outcome.status !== "held" && outcome.status !== "violated") return;
	if (outcome.status === "violated")
		console.log(`violated: ${outcome.description}: error ${outcome.error}, bound ${outcome.bound}`);
	if (!(outcome.error > 0)) return;
	const ratios = tightness.get(outcome.group) ?? [];
	ratios.push(outcome.bound / outcome.error);
	tightness.set(outcome.group, ratios);
}

for (let at = 0; at < count; at++) {
	note(await attacks[at % attacks.length](first + Math.floor(at / attacks.length)));
	if ((at + 1) % 1000 === 0) console.error(`${at + 1} of ${count}: ${JSON.stringify(tally)}`);
}
console.log(`${count} attacks: ${JSON.stringify(tally)}`);
console.log("\n| bound over true error | cases | least | 1 % | median | 99 % |\n|---|---|---|---|---|---|");
for (const [group, ratios] of [...tightness].sort(([a], [b]) => (a < b ? -1 : 1))) {
	ratios.sort((a, b) => a - b);
	const quantiles = [0, 0.01, 0.5, 0.99].map((q) => ratios[Math.floor(q * (ratios.length - 1))].toExponential(1));
	console.log(`| ${group} | ${ratios.length} | ${quantiles.join(" | ")} |`);
}
process.exitCode = tally.violated > 0 ? 1 : 0;
