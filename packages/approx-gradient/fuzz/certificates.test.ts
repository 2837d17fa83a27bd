import { expect, test } from "vitest";
import { attack } from "./attack.ts";

/** The first cases of `fuzz/certificates.ts`, which runs 10^4. */
const CASES = 200;

test(`a certificate is never below the true error, in ${CASES} attacks`, async () => {
	const outcomes = [];
	for (let seed = 0; seed < CASES; seed++) outcomes.push(await attack(seed));
	expect(outcomes.filter(({ status }) => status === "violated")).toEqual([]);
	// The attacks are worth something only while most end in a bound.
	expect(outcomes.filter(({ status }) => status === "held").length).toBeGreaterThan(0.8 * CASES);
});
