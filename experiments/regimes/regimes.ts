import type { GridBlock, Row } from "@attgrad/harness";

/** How width, entry bound and error move with n. */
export interface Regime {
	readonly name: string;
	d(n: number): number;
	B(n: number): number;
}

const rounded = (value: number) => Number(value.toPrecision(4));

const thin = (name: string, gamma: number): Regime => ({
	name,
	d: (n) => Math.ceil(Math.log(n) / 4),
	B: (n) => rounded(Math.log(n) ** gamma),
});

/** The regimes of the theorem, and one in which it says nothing for n of this size; the error is 1/n in all. */
export const regimes: readonly Regime[] = [
	thin("d ≈ ¼ ln n, B = 1", 0),
	thin("d ≈ ¼ ln n, B = ⁴√(ln n)", 1 / 4),
	thin("d ≈ ¼ ln n, B = √ln n", 1 / 2),
	{ name: "d = log₂ n, B = 1", d: (n) => Math.round(Math.log2(n)), B: () => 1 },
];

const errorAt = (n: number) => rounded(1 / n);

/** The points of a regime at these n, for these algorithms. */
export function regimeBlocks(regime: Regime, sizes: readonly number[], algorithm: readonly string[]): GridBlock[] {
	return sizes.map((n) => ({ algorithm, n: [n], d: [regime.d(n)], B: [regime.B(n)], epsilon: [errorAt(n)] }));
}

/** The regime that a row is of: one whose n, d and B it has, and whose error unless it is of an exact algorithm. */
export function regimeOf({ n, d, B, epsilon, algorithm }: Row): number | undefined {
	if (algorithm !== "streaming" && epsilon !== errorAt(n)) return undefined;
	const found = regimes.findIndex((regime) => regime.d(n) === d && regime.B(n) === B);
	return found < 0 ? undefined : found;
}

/** The name of the regime that a row is of. */
export function regimeNameOf(row: Row): string | undefined {
	const found = regimeOf(row);
	return found === undefined ? undefined : regimes[found].name;
}

/** How many times as fast as the exact one an algorithm is, at the largest n of a regime where both were measured. */
export function leadAtLargest(rows: readonly Row[], regime: number, algorithm: string): number | undefined {
	const times = (name: string) =>
		new Map(
			rows.flatMap((row) =>
				regimeOf(row) === regime && row.algorithm === name && row.time_ms !== undefined ? [[row.n, row.time_ms]] : [],
			),
		);
	const exact = times("streaming");
	const leads = [...times(algorithm)].flatMap(([n, own]) => {
		const time = exact.get(n);
		return time === undefined ? [] : [{ n, lead: time / own }];
	});
	return leads.length > 0 ? leads.reduce((a, b) => (b.n > a.n ? b : a)).lead : undefined;
}
