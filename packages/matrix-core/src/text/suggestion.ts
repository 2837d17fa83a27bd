/** The known name that `given` most likely means: at most a third of its letters differ; undefined when none is near. */
export function nearest(given: string, known: readonly string[]): string | undefined {
	const ranked = known
		.map((name) => ({ name, distance: editDistance(given, name) }))
		.sort((a, b) => a.distance - b.distance);
	const best = ranked[0];
	return best && best.distance <= Math.max(1, Math.floor(given.length / 3)) ? best.name : undefined;
}

/** Hint for an unknown name: the known one that is probably meant, or all of them. */
export function meantOrKnown(given: string, known: readonly string[]): string {
	const meant = nearest(given, known);
	return meant === undefined ? `known: ${known.join(", ") || "none"}` : `did you mean ${meant}?`;
}

/** Levenshtein distance: insertions, deletions and substitutions that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
	let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const current = [i];
		for (let j = 1; j <= b.length; j++)
			current.push(Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
		previous = current;
	}
	return previous[b.length];
}
