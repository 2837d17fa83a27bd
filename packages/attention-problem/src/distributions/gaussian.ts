import type { Distribution, Instance, RowMaker } from "./distribution.ts";

const rows =
	({ B }: Instance): RowMaker =>
	(row, _, random) => {
		for (let b = 0; b < row.length; b++) row[b] = B * random.normal();
	};

/**
 * Independent normal entries. B is the standard deviation, not a bound: max |A1 X| and max |A2| grow like
 * B √(2 ln(nd)), as for inputs that nobody clipped; `boundMet` tells the bound that an instance meets.
 */
export const gaussian: Distribution = {
	name: "gaussian",
	summary: "entries of A1 X and A2 normal with standard deviation B (their maximum is larger)",
	queries: rows,
	keys: rows,
};
