/** How good a polynomial is to be: the one or the other. */
export interface Accuracy {
	readonly degree?: number | undefined;
	readonly epsilon?: number | undefined;
}

/** For zod's `refine`: degree and epsilon are not given both. */
export const degreeOrEpsilon = (algorithm: string) =>
	[
		({ degree, epsilon }: Accuracy): boolean => degree === undefined || epsilon === undefined,
		{ error: `${algorithm}: give degree or epsilon, not both` },
	] as const;
