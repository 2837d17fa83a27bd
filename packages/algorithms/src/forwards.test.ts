import { expect, test } from "vitest";
import { findForward, forwardNames } from "./forwards.ts";

test("every name finds its algorithm; exact is streaming", () => {
	for (const name of forwardNames) expect(findForward(name).name).toBe(name === "exact" ? "streaming" : name);
});

test("an unknown name is refused with the known ones", () => {
	expect(() => findForward("nystrom")).toThrow(
		"unknown forward algorithm: nystrom (known: auto, exact, streaming, polynomial, hybrid)",
	);
});
