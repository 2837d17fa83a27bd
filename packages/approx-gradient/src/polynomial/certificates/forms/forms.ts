import { plus, times } from "../../../error-bound/index.ts";
import type { Candidate, Method } from "../../method/approximation.ts";
import { roundingForm } from "../rounding.ts";
import { inputForm } from "./input-form.ts";
import { l1Form } from "./l1-form.ts";
import { residualForm } from "./residual-form.ts";
import { type ErrorForm, massOfRow, type RowFacts } from "./row-facts.ts";
import { surrogateForm } from "./surrogate-form.ts";
import { underflowForm } from "./underflow-form.ts";
import { varianceForm } from "./variance-form.ts";

/** A bound on max |g̃ - g|, and the part of it that the arithmetic makes: rounding, underflow, and rounding of what was given. */
export interface ProvenBound {
	readonly bound: number;
	readonly floor: number;
}

/** All forms of the bound together, fed with rows. */
export interface Forms {
	add(row: RowFacts, times?: number): void;
	/** Entry by entry the least of the forms 7.1, 7.3, 7.4, plus 7.5 for a surrogate gradient, plus what the arithmetic does. */
	result(): ProvenBound;
}

/** Covers the rounding of the bound's own evaluation: sums of up to 10^9 positive numbers. */
const SLACK = 1 + 1e-6;

/** The forms for an approximation. */
export function errorForms(method: Method, candidate: Candidate): Forms {
	const { profile, space, route } = method;
	const { error, counts } = candidate;
	const least: ErrorForm[] = [residualForm(profile, error), varianceForm(profile, error), l1Form(profile)];
	const mass = (l1: number): number => massOfRow(error, l1);
	const surrogateMass = (1 + error.derivative) / (1 - Math.min(1, error.relative));
	const rounding = roundingForm(profile, space, counts, mass, route.surrogate ? () => surrogateMass : mass);
	const floors: ErrorForm[] = [rounding, underflowForm(method, candidate), inputForm(profile)];
	const added: ErrorForm[] = route.surrogate ? [...floors, surrogateForm(profile, space, error)] : floors;
	return {
		add(row, times) {
			for (const form of least) form.add(row, times);
			for (const form of added) form.add(row, times);
		},
		result() {
			const choices = least.map((form) => form.bounds());
			const additions = added.map((form) => form.bounds());
			let [bound, floor] = [0, 0];
			for (let at = 0; at < profile.d ** 2; at++) {
				const entry = Math.min(...choices.map((bounds) => orInfinity(bounds[at])));
				const sum = (parts: readonly Float64Array[]): number =>
					parts.reduce((total, bounds) => plus(total, orInfinity(bounds[at])), 0);
				bound = Math.max(bound, times(SLACK, plus(entry, sum(additions))));
				floor = Math.max(floor, times(SLACK, sum(additions.slice(0, floors.length))));
			}
			return { bound, floor };
		},
	};
}

/** A form of NaN (an overflow, 0 · Infinity) proves nothing. */
const orInfinity = (x: number): number => (Number.isNaN(x) ? Number.POSITIVE_INFINITY : x);
