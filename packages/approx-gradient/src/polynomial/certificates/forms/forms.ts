import { bounded, type ErrorParts, leastRest, over, plus, totalError } from "../../../error-bound/index.ts";
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

/** The forms for an approximation. */
export function errorForms(method: Method, candidate: Candidate): Forms {
	const { profile, space, route } = method;
	const { error, counts } = candidate;
	const least: ErrorForm[] = [residualForm(profile, error), varianceForm(profile, error), l1Form(profile)];
	const mass = (l1: number): number => massOfRow(error, l1);
	const surrogateMass = over(plus(1, error.derivative), leastRest(1, error.relative));
	// Every cause but the method has a form: the type asks for all of them.
	const floors: Readonly<Record<Exclude<keyof ErrorParts, "method">, ErrorForm>> = {
		rounding: roundingForm(profile, space, counts, mass, route.surrogate ? () => surrogateMass : mass),
		underflow: underflowForm(method, candidate),
		input: inputForm(profile),
	};
	const surrogate = route.surrogate ? surrogateForm(profile, space, error) : undefined;
	const all: readonly ErrorForm[] = [...least, ...Object.values(floors), ...(surrogate ? [surrogate] : [])];
	return {
		add(row, times) {
			for (const form of all) form.add(row, times);
		},
		result() {
			const choices = least.map((form) => form.bounds());
			const [rounding, underflow, input] = [floors.rounding, floors.underflow, floors.input].map((form) =>
				form.bounds(),
			);
			const added = surrogate?.bounds();
			let [bound, floor] = [0, 0];
			for (let at = 0; at < profile.d ** 2; at++) {
				const plugIn = Math.min(...choices.map((bounds) => bounded(bounds[at])));
				const entry: ErrorParts = {
					method: plus(plugIn, added ? added[at] : 0),
					rounding: rounding[at],
					underflow: underflow[at],
					input: input[at],
				};
				bound = Math.max(bound, totalError(entry));
				floor = Math.max(floor, totalError({ ...entry, method: 0 }));
			}
			return { bound, floor };
		},
	};
}
