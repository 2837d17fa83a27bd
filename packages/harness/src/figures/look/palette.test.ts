import { expect, test } from "vitest";
import { stylesOf } from "./palette.ts";

const looks = (names: readonly string[]) =>
	[...stylesOf(names).values()].map(({ colour, shape }) => `${colour} ${shape}`);

test("no two of nine curves without a style of their own look alike", () => {
	const names = [2, 3, 4, 5, 6, 8, 10, 12, 16].map((d) => `d = ${d}`);
	expect(new Set(looks(names)).size).toBe(9);
});

test("a curve without a style of its own has no colour of one that has", () => {
	const styles = stylesOf(["nystrom", "mine", "random-features", "yours"]);
	expect(new Set([...styles.values()].map(({ colour }) => colour)).size).toBe(4);
	expect(styles.get("nystrom")).toEqual(stylesOf(["nystrom"]).get("nystrom"));
});

test("a variant looks like its algorithm", () => {
	expect(looks(["nystrom:rank=8"])).toEqual(looks(["nystrom"]));
});
