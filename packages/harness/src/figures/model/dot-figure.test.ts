import { expect, test } from "vitest";
import type { Row } from "../../cells/row.ts";
import { ablationFigure, ablationRows } from "../../testing/figure-rows.ts";
import type { Figure } from "../figure.ts";
import { figureSpec } from "../print/print-spec.ts";
import { renderFigure } from "../print/render.ts";

const draw = (figure: Figure, rows: readonly Row[]) => renderFigure(figureSpec(figure, rows)!);

test("dots that are compared across panels have one range", () => {
	const rangesOf = (figure: Figure) => {
		const spec = JSON.stringify(figureSpec(figure, ablationRows()));
		return new Set([...spec.matchAll(/"domain":(\[[\d.,e+-]+\])/g)].map(([, domain]) => domain)).size;
	};
	expect(rangesOf(ablationFigure)).toBe(2);
	expect(rangesOf({ ...ablationFigure, sharesRange: true })).toBe(1);
});

test("a dot that is missing is marked in every panel, and the mark is explained", async () => {
	const { svg } = await draw(ablationFigure, ablationRows());
	expect(svg.match(/aria-label="[^"]*status: skipped/g)).toHaveLength(2);
	expect(svg).toContain("× skipped: the reasons are in rows.csv");
});
