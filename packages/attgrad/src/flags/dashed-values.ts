import type { FlagDescription } from "./flags.ts";

/** The words of a call with `--sbatch --account=a` joined to `--sbatch=--account=a`, which the parser would refuse. */
export function joinDashedValues(words: readonly string[], flags: readonly FlagDescription[]): string[] {
	const joining = new Set(flags.filter(({ takesDashes }) => takesDashes).map(({ flag }) => `--${flag}`));
	const joined: string[] = [];
	for (const word of words) {
		const last = joined.at(-1);
		if (last !== undefined && joining.has(last) && word.startsWith("-")) joined[joined.length - 1] = `${last}=${word}`;
		else joined.push(word);
	}
	return joined;
}
