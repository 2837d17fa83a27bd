/** A number read off gradients, which is never negative: how far it may be off, and what YES and NO instances give. */
export interface Measurement {
	readonly value: number;
	/** Part of the bound on |value - truth| that is not the oracle's noise: quadrature, rounding. */
	readonly own: number;
	/** Bound on what the oracle's error adds; Infinity where nothing is proven of it. */
	readonly noise: number;
	/** `noise` for each unit by which every entry of the oracle may be off. */
	readonly gain: number;
	/** The truth is at most this in NO instances. */
	readonly no: number;
	/** The truth is at least this in YES instances. */
	readonly yes: number;
}

/** A decoded YES or NO, or why the measurement does not decide. */
export type Decision = Measurement & {
	/** Bound on |value - truth|. */
	readonly error: number;
} & ({ readonly status: "yes" | "no" } | { readonly status: "unknown"; readonly reason: string });

/** YES or NO where the error leaves only one of them possible. */
export function decide(measurement: Measurement): Decision {
	const { value, own, noise, gain, no, yes } = measurement;
	const error = own + noise;
	const yesPossible = value + error >= yes;
	const noPossible = value - error <= no && value + error >= 0;
	if (yesPossible && !noPossible) return { ...measurement, error, status: "yes" };
	if (noPossible && !yesPossible) return { ...measurement, error, status: "no" };
	const rule = `YES is >= ${yes.toPrecision(4)}, NO is <= ${no.toPrecision(4)}`;
	const unknown = (reason: string): Decision => ({ ...measurement, error, status: "unknown", reason });
	if (Number.isNaN(value) || (!yesPossible && !noPossible))
		return unknown(
			`read ${value} ± ${error.toPrecision(3)}, which is neither (${rule}): the oracle is off by more than it declares`,
		);
	const room = (yes - no) / 2 - own;
	const remedy =
		room > 0 ? `an oracle error below ${(room / gain).toExponential(2)} decides` : "no oracle error is small enough";
	if (noise === Number.POSITIVE_INFINITY)
		return unknown(
			`the oracle proves no error bound, so that reading ${value.toPrecision(4)} decides nothing (${rule}); ${remedy}`,
		);
	return unknown(
		`read ${value.toPrecision(4)} ± ${error.toPrecision(3)} (${own.toPrecision(3)} without the oracle) leaves both open (${rule}); ${remedy}`,
	);
}
