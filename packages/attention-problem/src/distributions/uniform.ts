import type { Distribution, Instance, RowMaker } from "./distribution.ts";

const rows =
	({ B }: Instance): RowMaker =>
	(row, _, random) => {
		for (let b = 0; b < row.length; b++) row[b] = random.uniform(-B, B);
	};

/** Independent entries, uniform in [-B, B): both max |A1 X| and max |A2| are at most B, and come close to it. */
export const uniform: Distribution = {
	name: "uniform",
	summary: "entries of A1 X and A2 uniform in [-B, B]",
	queries: rows,
	keys: rows,
};
