import type { Dtype } from "../matrix.ts";

/** Parameters and result of a kernel, which a build makes from its source (`declareKernels`). */
export interface KernelSignature {
	/** `name: type` of each, in order, after the address of the thread's scratch. */
	readonly parameters: readonly string[];
	readonly result: string;
	/** Whether the module exports it for each number type, as NAME64 and NAME32. */
	readonly typed: boolean;
}

/** Names of the parameters in a list of `name: type`. */
type NamesOf<List extends readonly string[]> = List[number] extends infer Each
	? Each extends `${infer Name}: ${string}`
		? Name
		: never
	: never;

/** Arguments of one call by name. Addresses are bytes from the start of the memory. */
export type KernelArguments<Signature extends KernelSignature> = {
	readonly [Name in NamesOf<Signature["parameters"]>]: number;
};

/** Fields of a struct by name. */
export type StructFields<Fields extends readonly string[]> = { readonly [Name in NamesOf<Fields>]: number };

/** The number type, for a kernel that there is for both. */
export type KernelDtype<Signature extends KernelSignature> = Signature["typed"] extends true
	? { readonly dtype: Dtype }
	: { readonly dtype?: undefined };

/** Name under which a module exports a kernel. */
export function exportedName(kernel: string, dtype: Dtype | undefined): string {
	return dtype === undefined ? kernel : `${kernel}${dtype === "f64" ? 64 : 32}`;
}

/** Names of lists that were asked for: those of a declaration stay as they are. */
const knownNames = new WeakMap<readonly string[], readonly string[]>();

/** Names in a list of `name: type`. */
export function namesOf(list: readonly string[]): readonly string[] {
	const known = knownNames.get(list);
	if (known) return known;
	const names = list.map((each) => each.slice(0, each.indexOf(":")));
	knownNames.set(list, names);
	return names;
}
