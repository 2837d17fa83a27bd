/** Faults of structure that are known: these lists only shrink. A fault that is mended must be taken out. */
export const exceptions: Readonly<Record<string, readonly string[]>> = {
	/** Files in a circle, sorted, with blanks between. */
	circles: [
		"packages/approx-gradient/src/polynomial/certificates/kernel-rounding.ts packages/approx-gradient/src/polynomial/certificates/rounding.ts packages/approx-gradient/src/polynomial/kernels/kernel-operands.ts packages/approx-gradient/src/polynomial/kernels/kernel-plan.ts packages/approx-gradient/src/polynomial/method/approximation.ts packages/approx-gradient/src/polynomial/method/row-degrees.ts packages/approx-gradient/src/polynomial/routes/route.ts",
	],
	wideFolders: [],
	relativeAcrossPackages: [],
	deepImports: [],
	upwardImports: [],
};
