import { expect, test } from "vitest";
import { joinDashedValues } from "./dashed-values.ts";

const flags = [
	{ flag: "sbatch", type: "string", takesDashes: true },
	{ flag: "out", type: "string" },
];

test.each([
	[["--sbatch", "--account=a"], ["--sbatch=--account=a"]],
	[
		["--sbatch", "-A a --qos=b", "--print"],
		["--sbatch=-A a --qos=b", "--print"],
	],
	[
		["--sbatch=--account=a", "--print"],
		["--sbatch=--account=a", "--print"],
	],
	[
		["--out", "--json"],
		["--out", "--json"],
	],
	[["--sbatch"], ["--sbatch"]],
] as const)("%j is read as %j", (words, joined) => {
	expect(joinDashedValues(words, flags)).toEqual(joined);
});
