import { describe, expect, test } from "vitest";
import type { Row } from "../cells/row.ts";
import {
	ablationFigure,
	ablationRows,
	degreeFigure,
	degreeRows,
	paretoFigure,
	paretoRows,
	phaseFigure,
	phaseRows,
	scalingFigure,
	scalingRows,
} from "../testing/figure-rows.ts";
import type { Figure } from "./figure.ts";
import { fontSize, layoutWidth } from "./look/layout.ts";
import { figureSpec } from "./print/print-spec.ts";
import { renderFigure } from "./print/render.ts";

const draw = (figure: Figure, rows: readonly Row[]) => renderFigure(figureSpec(figure, rows)!);

test.each([
	["scaling", scalingFigure, scalingRows()],
	["degree", degreeFigure, degreeRows()],
	["pareto", paretoFigure, paretoRows()],
	["phase", phaseFigure, phaseRows()],
	["ablation", ablationFigure, ablationRows()],
])("the %s figure of seeded rows looks as it did", async (name, figure, rows) => {
	const { svg } = await draw(figure, rows);
	await expect(svg.replaceAll("><", ">\n<")).toMatchFileSnapshot(`__snapshots__/${name}.svg`);
});

test("a figure is drawn the same whatever was drawn before", async () => {
	const first = await draw(scalingFigure, scalingRows());
	await draw(degreeFigure, degreeRows());
	expect(await draw(scalingFigure, scalingRows())).toEqual(first);
});

test("a PNG is 1400 pixels wide and holds text in the font that comes with the project", async () => {
	const { svg, png } = await draw(scalingFigure, scalingRows());
	expect(Buffer.from(png).subarray(1, 4).toString()).toBe("PNG");
	expect(Buffer.from(png).readUInt32BE(16)).toBe(1400);
	expect(svg).toContain(`font-family="'Source Sans 3', sans-serif"`);
	// Without the font no text is drawn, and the file is much smaller.
	const withoutText = await draw(scalingFigure, scalingRows().slice(0, 9));
	expect(png.length).toBeGreaterThan(withoutText.png.length);
});

test("a PNG has a palette", async () => {
	const { png } = await draw(scalingFigure, scalingRows());
	const [bitDepth, colourType] = Buffer.from(png).subarray(24, 26);
	expect([bitDepth, colourType]).toEqual([8, 3]);
});

test("rows that gave nothing make no figure", () => {
	const failed = scalingRows().filter(({ status }) => status !== "done");
	expect(failed.length).toBeGreaterThan(0);
	expect(figureSpec(scalingFigure, failed)).toBeUndefined();
	expect(figureSpec(scalingFigure, [])).toBeUndefined();
});

test("one row makes a figure", async () => {
	const { svg } = await draw(scalingFigure, scalingRows().slice(0, 1));
	expect(svg).toContain("streaming");
});

test("a point that was skipped or failed is marked, and the mark is explained", async () => {
	const rows = scalingRows();
	const { svg } = await draw(scalingFigure, rows);
	const marks = svg.match(/aria-roledescription="point"[^>]*d="M-[^"]*L[^"]*M-[^"]*L[^"]*"/g) ?? [];
	expect(svg).toContain("× skipped: the reasons are in rows.csv");
	expect(marks).toHaveLength(rows.filter(({ status }) => status === "skipped").length);
	const sound = await draw(
		scalingFigure,
		rows.filter(({ status }) => status === "done"),
	);
	expect(sound.svg).not.toContain("reasons are in rows.csv");
});

test("predictions are dashed, measurements solid", async () => {
	const { svg } = await draw(degreeFigure, degreeRows());
	expect(svg).toMatch(/stroke-dasharray="6,3"/);
	expect(svg.match(/<path[^>]*stroke="#0072B2"[^>]*>/g)!.every((path) => !/dasharray="6/.test(path))).toBe(true);
});

test("what dashes mean is told where there are solid lines too", async () => {
	const told = "Solid lines are measured, dashed ones computed.";
	expect((await draw(degreeFigure, degreeRows())).svg).toContain(told);
	expect((await draw(scalingFigure, scalingRows())).svg).not.toContain(told);
});

test("a guide that no curve grows like is left out", async () => {
	const linear = scalingRows().filter(({ algorithm }) => algorithm.startsWith("polynomial"));
	const { svg } = await draw(scalingFigure, linear);
	expect(svg).toContain(">~ n<");
	expect(svg).not.toContain(">~ n²<");
});

test("headings of panels stand level, whether points are missing in one of them or not", async () => {
	const rows = scalingRows().filter(({ algorithm }) => ["streaming", "dense"].includes(algorithm));
	const panels = [1, 2].flatMap((d) => rows.map((row) => ({ ...row, d })));
	const figure: Figure = { ...scalingFigure, panels: { value: ({ d }) => d, heading: ([row]) => `d = ${row.d}` } };
	const { svg } = await draw(
		figure,
		panels.filter(({ d, status }) => d === 1 || status === "done"),
	);
	const heights = [1, 2].map((d) => {
		const before = svg.slice(0, svg.indexOf(`Title text 'd = ${d}'`));
		return /.*role-title"><g transform="translate\([^,]*,([^)]*)\)"/s.exec(before)![1];
	});
	expect(svg).toContain("skipped");
	expect(heights[0]).toBe(heights[1]);
});

test("panels with axes of their own have a range and a title each", () => {
	const figure: Figure = {
		...paretoFigure,
		rules: [],
		panelY: ([row]) => ({ title: `error at B = ${row.B}`, scale: "log" }),
	};
	const rows = paretoRows().map((row) =>
		row.B === 1 && row.error_max ? { ...row, error_max: 1e9 * row.error_max } : row,
	);
	const spec = JSON.stringify(figureSpec(figure, rows));
	expect(spec).toContain('"title":"error at B = 0.5"');
	expect(spec).toContain('"title":"error at B = 1"');
	const domains = spec.matchAll(/"field":"y","type":"quantitative","scale":{"domain":(\[[^\]]+\])/g);
	expect(new Set([...domains].map(([, domain]) => domain)).size).toBe(2);
});

test("what stands for the conditions can depend on the rows", async () => {
	const { svg } = await draw({ ...scalingFigure, regime: (rows) => `${rows.length} rows` }, scalingRows());
	expect(svg).toContain(`${scalingRows().filter(({ status }) => status === "done").length} rows`);
});

test("each measured curve is labelled with the exponent of its power law", async () => {
	const { svg } = await draw(scalingFigure, scalingRows());
	expect(svg).toMatch(/>streaming [12]\.\d\d ± 0\.\d\d</);
	expect(svg).toMatch(/>polynomial\/moment [01]\.\d\d ± 0\.\d\d</);
});

test("a specification needs nothing but itself: its data are inline, and JSON keeps them", async () => {
	for (const [figure, rows] of [
		[paretoFigure, paretoRows()],
		[phaseFigure, phaseRows()],
		[ablationFigure, ablationRows()],
	] as const) {
		const spec = figureSpec(figure, rows)!;
		const text = JSON.stringify(spec);
		expect(text).not.toContain('"url"');
		expect(await renderFigure(JSON.parse(text))).toEqual(await renderFigure(spec));
	}
});

test("a point whose place nobody knows is told below the title", async () => {
	const { svg } = await draw(paretoFigure, paretoRows());
	expect(svg).toContain("Points missing: 2 of nystrom (timeout); the reasons are in rows.csv");
});

test("points of a curve along something are joined in its order", async () => {
	const zigzag = paretoRows().map((row, i) => ({ ...row, ...(row.time_ms && { time_ms: i % 2 ? 10 : 20 }) }));
	const spec = JSON.stringify(figureSpec({ ...paretoFigure, series: [paretoFigure.series[0]] }, zigzag));
	const points = [...spec.matchAll(/"curve":"polynomial\/moment","x":(\d+),[^}]*"order":(\d)/g)];
	expect(points.slice(0, 5).map(([, x, order]) => [x, order])).toEqual(
		["20", "10", "20", "10", "20"].map((x, i) => [x, String(i)]),
	);
});

test("every panel has room for its own points, however the same budgets of others differ", () => {
	const rows = paretoRows().map((row) => ({
		...row,
		...(row.time_ms && { time_ms: row.B === 1 ? row.time_ms * 100 : row.time_ms }),
	}));
	const times = rows.flatMap(({ time_ms }) => time_ms ?? []);
	const domains = JSON.stringify(figureSpec(paretoFigure, rows)).matchAll(
		/"field":"x"[^}]*"domain":\[([\d.e+-]+),([\d.e+-]+)\]/g,
	);
	for (const [, low, high] of domains) {
		expect(Number(low)).toBeLessThan(Math.min(...times));
		expect(Number(high)).toBeGreaterThan(Math.max(...times));
	}
});

test("a rule is drawn where its value is, with its name", async () => {
	const { svg } = await draw(paretoFigure, paretoRows());
	expect(svg.match(/>ε = 10⁻⁶</g)).toHaveLength(2);
	expect(svg.match(/>exact</g)).toHaveLength(2);
});

test("a figure is about the rows that it says", () => {
	const facts: number[] = [];
	const figure: Figure = {
		...paretoFigure,
		only: ({ B }) => B === 1,
		title: ({ rows }) => {
			facts.push(rows.length);
			return "";
		},
	};
	figureSpec(figure, paretoRows());
	expect(facts).toEqual([paretoRows().filter(({ B }) => B === 1).length]);
});

test("a row that holds a course is drawn as its points", () => {
	const seen: number[] = [];
	const figure: Figure = {
		...paretoFigure,
		unfold: (row) => [1, 2].map((step) => ({ ...row, extra: { step } })),
		title: ({ rows }) => {
			seen.push(...rows.map(({ extra }) => Number(extra!["step"])));
			return "";
		},
	};
	figureSpec(figure, paretoRows().slice(0, 2));
	expect(seen).toEqual([1, 2, 1, 2]);
});

test("the points of every panel lie within the axes, and not on their edge", () => {
	const rows = paretoRows();
	const last = rows.at(-1)!.B;
	const apart = rows.map((row) =>
		row.B === last && row.time_ms && row.error_max
			? { ...row, time_ms: row.time_ms / 1000, error_max: row.error_max * 1e6 }
			: row,
	);
	const spec = JSON.stringify(figureSpec(paretoFigure, apart));
	for (const axis of ["x", "y"] as const) {
		const points = apart.flatMap(({ status, time_ms, error_max }) =>
			status === "done" && time_ms && error_max ? [axis === "x" ? time_ms : error_max] : [],
		);
		const domains = [
			...spec.matchAll(new RegExp(`"field":"${axis}","type":"quantitative","scale":{"domain":\\[([^\\]]+)`, "g")),
		];
		expect(domains.length).toBeGreaterThan(1);
		for (const [, domain] of domains) {
			const [low, high] = domain.split(",").map(Number);
			expect(low).toBeLessThan(Math.min(...points));
			expect(high).toBeGreaterThan(Math.max(...points));
		}
	}
});

describe("a figure for a narrow column", () => {
	const width = layoutWidth(234);

	test("has text of at least 7 points there, and the usual layout where it has room", () => {
		expect((fontSize.tick * 234) / width).toBeGreaterThanOrEqual(6.99);
		expect(layoutWidth(525)).toBe(700);
		expect(layoutWidth(2000)).toBe(700);
		expect(layoutWidth(72)).toBe(280);
	});

	test("is as wide as it is laid out for, with names above the curves and panels below each other", async () => {
		for (const [figure, rows] of [
			[scalingFigure, scalingRows()],
			[phaseFigure, phaseRows()],
			[ablationFigure, ablationRows()],
			[degreeFigure, degreeRows()],
		] as const) {
			const spec = figureSpec(figure, rows, width);
			if (!spec) throw new Error(`${figure.name} draws nothing`);
			const { svg } = await renderFigure(spec);
			expect(Number(/ width="([\d.]+)"/.exec(svg)?.[1]), figure.name).toBeLessThan(1.08 * width);
			expect((spec as { columns?: number }).columns ?? 1, figure.name).toBe(1);
		}
		expect(JSON.stringify(figureSpec(scalingFigure, scalingRows(), width))).toContain('"orient":"top"');
		expect(JSON.stringify(figureSpec(scalingFigure, scalingRows()))).not.toContain('"orient":"top"');
	});
});
