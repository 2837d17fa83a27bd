import type { Certificate, GradientResult } from "@attgrad/attention-problem";
import { shortDuration } from "@attgrad/matrix-core";

/** The plan of one algorithm for a problem and an epsilon. */
export interface PlanEntry {
	/** `streaming`, `polynomial/moment`. */
	readonly algorithm: string;
	/** Options that `run` uses, as the command line would give them. */
	readonly options: Readonly<Record<string, unknown>>;
	/** A short description for people: `Chebyshev degree 9, K = 715`. Empty for an exact algorithm. */
	readonly detail: string;
	/** Predicted time of `run`; of one that cannot prove epsilon, as far as that can be told. */
	readonly milliseconds?: number;
	/** Time to choose its degree or set, which `run` does not repeat; a call by name takes both. @default 0 */
	readonly choosing?: number;
	readonly degree?: number;
	readonly rank?: number;
	/** The proof that it would give: its kind, and the bound where that is foreseen. Absent where nothing is proved. */
	readonly certificate?: { readonly kind: Certificate["kind"] | "exact"; readonly bound?: number };
	/** Why it cannot prove epsilon, or why it was not looked at more closely. Absent for one that can be chosen. */
	readonly reason?: string;
	/** Runs it; with a number, to prove that absolute error instead of the plan's. Absent where it cannot be chosen. */
	readonly run?: (epsilon?: number) => Promise<GradientResult>;
}

/** The predicted cost of each algorithm for a problem, and the cheapest algorithm that can prove epsilon. */
export interface Plan {
	/** Cheapest first, by `milliseconds`, in a thorough plan by `timeByName`; those that cannot be chosen last. */
	readonly entries: readonly PlanEntry[];
	/** The one that `auto` runs; of a thorough plan not always its first, which may take longer to find than it saves. */
	readonly chosen: PlanEntry;
	/** Why, in words: `Chebyshev degree 9, K = 715: 41 ms predicted; exact: 1.2 s`. */
	readonly why: string;
	/** The error to prove: the absolute one; for a relative request also the relative one and the largest entry that it refers to. */
	readonly target?: PlanTarget;
	/** Why `auto` runs none of them: nothing but the exact method proves what is asked for, and that takes minutes. */
	readonly refusal?: string;
}

/** The error that a plan must prove. */
export interface PlanTarget {
	/** Absent where no more than the exact method was looked at. */
	readonly epsilon?: number;
	readonly relative?: number;
	/** About max |g|, where that was looked at. */
	readonly largest?: number;
	readonly remark?: string;
}

/** Predicted milliseconds of a call of the algorithm by name: it makes its choice first. Undefined where nothing is predicted. */
export const timeByName = ({ milliseconds, choosing = 0 }: PlanEntry): number | undefined =>
	milliseconds === undefined ? undefined : milliseconds + choosing;

/**
 * Sorts entries and chooses the first that can be. There must be one.
 * @param timeOf the time that they are sorted by
 */
export function planOf(
	entries: readonly PlanEntry[],
	timeOf: (entry: PlanEntry) => number | undefined = ({ milliseconds }) => milliseconds,
): Plan {
	const time = (entry: PlanEntry): number => timeOf(entry) ?? Number.POSITIVE_INFINITY;
	const sorted = entries.toSorted(
		(a, b) => Number(a.run === undefined) - Number(b.run === undefined) || compare(time(a), time(b)),
	);
	return { entries: sorted, chosen: sorted[0], why: whyChosen(sorted) };
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

/** The choice and its alternative: the exact method, or the best approximation. */
function whyChosen(sorted: readonly PlanEntry[]): string {
	const chosen = sorted[0];
	const isExact = (entry: PlanEntry): boolean => entry.certificate?.kind === "exact";
	const said = ({ detail, milliseconds }: PlanEntry): string =>
		[detail, milliseconds === undefined ? "" : `${shortDuration(milliseconds)} predicted`].filter(Boolean).join(": ");
	if (!isExact(chosen)) {
		const exact = sorted.find(isExact)?.milliseconds;
		return `${said(chosen)}${exact === undefined ? "" : `; exact: ${shortDuration(exact)}`}`;
	}
	const rival = sorted.find((entry) => entry.run && !isExact(entry));
	if (rival) return `${said(chosen)}; ${rival.algorithm}, ${said(rival)}`;
	const reason = (sorted.find(({ algorithm }) => algorithm === "polynomial/moment") ?? sorted.at(-1))?.reason;
	return `${said(chosen)}${reason ? `; nothing else: ${reason}` : ""}`;
}
