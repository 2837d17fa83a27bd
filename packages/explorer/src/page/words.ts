import { superscript } from "./charts/scale.ts";

/** A power of ten in words: 10⁻⁶; 3·10⁻⁴ for what is between. */
export function tenTo(value: number): string {
	const power = Math.floor(Math.log10(value) + 1e-9);
	const factor = Number((value / 10 ** power).toPrecision(2));
	return factor === 1 ? `10${superscript(power)}` : `${factor}·10${superscript(power)}`;
}
