/** Faults of structure that are known: these lists only shrink. A fault that is mended must be taken out. */
export const exceptions: Readonly<Record<string, readonly string[]>> = {
	/** Files in a circle, sorted, with blanks between. */
	circles: [],
	wideFolders: [],
	relativeAcrossPackages: [],
	deepImports: [],
	upwardImports: [],
};
