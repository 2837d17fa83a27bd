import { expect, test } from "vitest";
import { colouring } from "./colour-scale.ts";

const speed = { title: "speed-up", kind: "diverging", scale: "log" } as const;

test("a diverging scale reaches as far to one side of its middle as to the other", () => {
	const { scale } = colouring(speed, [0.5, 8], 200).encoding as { scale: { domain: number[] } };
	expect(scale.domain).toEqual([expect.closeTo(1 / 8), expect.closeTo(1), expect.closeTo(8)]);
});

test("a scale of equal values has a length", () => {
	for (const kind of ["sequential", "diverging"] as const) {
		const { scale } = colouring({ ...speed, kind }, [1, 1], 200).encoding as { scale: { domain: number[] } };
		expect(scale.domain[2]).toBeGreaterThan(scale.domain[0]);
	}
});

test("text is dark on light colours and white on dark ones", () => {
	const { inkOn } = colouring({ ...speed, kind: "sequential" }, [1, 1000], 200);
	expect(inkOn(1)).not.toBe("#FFFFFF");
	expect(inkOn(1000)).toBe("#FFFFFF");
});
