import { expect, test } from "vitest";
import { attack } from "./attack.ts";
import { attackFeatureMap } from "./attack-feature-maps.ts";

/** The first cases of `npm run attack`, which runs 10^4. */
const CASES = 200;

test.each([
	["the polynomial", attack, 0.8],
	["other algorithms", attackFeatureMap, 0.6],
])(`a certificate is never below the true error, in ${CASES} attacks on %s`, async (_, attackOne, share) => {
	const outcomes = [];
	for (let seed = 0; seed < CASES; seed++) outcomes.push(await attackOne(seed));
	expect(outcomes.filter(({ status }) => status === "violated")).toEqual([]);
	// The attacks are worth something only while most end in a bound.
	expect(outcomes.filter(({ status }) => status === "held").length).toBeGreaterThan(share * CASES);
});
