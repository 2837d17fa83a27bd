import { expect, test } from "vitest";
import type { PlanContext } from "./candidates/plan-context.ts";
import type { Plan, PlanEntry } from "./plan.ts";
import { refusalOf } from "./refusal.ts";

const HOUR = 3_600_000;

const proof = (kind: "exact" | "a-posteriori", algorithm: string, milliseconds: number): PlanEntry => ({
	...{ algorithm, options: {}, detail: "", milliseconds, certificate: { kind, bound: 0 } },
	run: () => expect.unreachable("a plan runs nothing"),
});

test.each([
	["a proof of a day", 24 * HOUR, 60 * HOUR, "the fastest proof, by clusters, would take 24 h: ask for it by name"],
	["a proof of ten minutes", HOUR / 6, 60 * HOUR, undefined],
	["a proof where the exact method takes a minute", HOUR / 120, HOUR / 60, undefined],
])("%s is run, or refused where it takes more than an hour", async (_, milliseconds, exactTime, reason) => {
	const [chosen, exact] = [proof("a-posteriori", "clusters", milliseconds), proof("exact", "streaming", exactTime)];
	const plan = { entries: [chosen, exact], chosen, why: "" } as Plan;
	expect(await refusalOf({} as PlanContext, plan)).toBe(reason);
});
