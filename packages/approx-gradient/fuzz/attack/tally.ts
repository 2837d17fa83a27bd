import type { Outcome } from "./attack.ts";

/** Steps of a factor of ten that ratios are counted in. */
const STEPS = 10;

/** Counts of the outcomes of many attacks, as plain data that can be written, read and added. */
export interface Tally {
	readonly counts: Record<Outcome["status"], number>;
	/** By algorithm and kind of certificate: how many bounds over true errors are in each tenth of a decade, and the least. */
	readonly groups: Record<string, { least: number; ratios: Record<number, number> }>;
	/** Refusals by algorithm. */
	readonly refusals: Record<string, number>;
	/** Violations and crashes in words, at most as many as are kept. */
	readonly violations: string[];
}

/** Descriptions that are kept. */
const MOST_VIOLATIONS = 200;

export const newTally = (): Tally => ({
	counts: { held: 0, violated: 0, refused: 0, unproven: 0, crashed: 0 },
	groups: {},
	refusals: {},
	violations: [],
});

/** Counts an outcome. */
export function note(tally: Tally, { status, description, group, error, bound, reason }: Outcome): void {
	tally.counts[status]++;
	if (status === "refused") tally.refusals[group] = (tally.refusals[group] ?? 0) + 1;
	if ((status === "violated" || status === "crashed") && tally.violations.length < MOST_VIOLATIONS)
		tally.violations.push(`${status}: ${description}: ${reason ?? `error ${error}, bound ${bound}`}`);
	if (status !== "held" || !(error > 0)) return;
	tally.groups[group] ??= { least: Number.POSITIVE_INFINITY, ratios: {} };
	const kept = tally.groups[group];
	kept.least = Math.min(kept.least, bound / error);
	const step = Math.min(1e4, Math.floor(STEPS * Math.log10(bound / error)));
	kept.ratios[step] = (kept.ratios[step] ?? 0) + 1;
}

/** Adds one tally to another. */
export function addTally(sum: Tally, more: Tally): void {
	for (const status of Object.keys(sum.counts) as Outcome["status"][]) sum.counts[status] += more.counts[status];
	for (const [group, count] of Object.entries(more.refusals)) sum.refusals[group] = (sum.refusals[group] ?? 0) + count;
	sum.violations.push(...more.violations.slice(0, MOST_VIOLATIONS - sum.violations.length));
	for (const [group, { least, ratios }] of Object.entries(more.groups)) {
		sum.groups[group] ??= { least: Number.POSITIVE_INFINITY, ratios: {} };
		const kept = sum.groups[group];
		kept.least = Math.min(kept.least, least);
		for (const [step, count] of Object.entries(ratios))
			kept.ratios[Number(step)] = (kept.ratios[Number(step)] ?? 0) + count;
	}
}

/** The tally as a table in Markdown: bound over true error of the bounds that held. */
export function tightnessTable({ groups }: Tally): string {
	const lines = Object.entries(groups)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([group, { least, ratios }]) => {
			const steps = Object.entries(ratios)
				.map(([step, count]) => [Number(step), count] as const)
				.sort(([a], [b]) => a - b);
			const total = steps.reduce((sum, [, count]) => sum + count, 0);
			const quantile = (share: number): string => {
				let seen = 0;
				for (const [step, count] of steps)
					if ((seen += count) > share * total) return (10 ** (step / STEPS)).toExponential(1);
				return "";
			};
			return `| ${group} | ${total} | ${least.toPrecision(2)} | ${[0.01, 0.5, 0.99].map(quantile).join(" | ")} |`;
		});
	return [
		"| bound over true error | cases | least | 1 % | median | 99 % |",
		"|---|---|---|---|---|---|",
		...lines,
	].join("\n");
}
