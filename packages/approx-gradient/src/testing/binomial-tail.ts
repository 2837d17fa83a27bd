/** The chance that at least so many of `runs` fail, if each fails with `chance`. */
export function binomialTail(failures: number, runs: number, chance: number): number {
	let [term, below] = [(1 - chance) ** runs, 0];
	for (let k = 0; k < failures; k++) {
		below += term;
		term *= ((runs - k) / (k + 1)) * (chance / (1 - chance));
	}
	return 1 - below;
}
