import { expect, test } from "vitest";
import { meantOrKnown, nearest } from "./suggestion.ts";

const known = ["gradient", "generate", "list", "epsilon"];

test.each([
	["gradiant", "gradient"],
	["genrate", "generate"],
	["lst", "list"],
	["epsilno", "epsilon"],
])("%s means %s", (given, meant) => {
	expect(nearest(given, known)).toBe(meant);
});

test.each(["", "x", "sweep", "grapefruits"])("%j means nothing known", (given) => {
	expect(nearest(given, known)).toBeUndefined();
});

test("an unknown name is told what is meant, or what is known", () => {
	expect(meantOrKnown("lst", known)).toBe("did you mean list?");
	expect(meantOrKnown("sweep", known)).toBe("known: gradient, generate, list, epsilon");
});
