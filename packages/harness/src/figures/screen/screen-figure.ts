import type { Spec } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { fontSize } from "../look/layout.ts";
import { ink } from "../look/palette.ts";

/** A figure for the screen: its text as text, each panel a vega specification that the page can zoom and filter. */
export interface ScreenFigure {
	readonly title: string;
	/** Regime, caveat, what the marks mean. */
	readonly notes: readonly string[];
	readonly panels: readonly ScreenPanel[];
	readonly legend: readonly LegendEntry[];
	/** Labels of the thin lines to compare slopes with. */
	readonly guides: readonly string[];
	/** What the columns of the data are called, by field; every name where panels differ. */
	readonly labels: Readonly<Record<string, string>>;
}

export interface ScreenPanel {
	readonly heading?: string;
	/** What the panel shows, in words, for who does not see it. */
	readonly description: string;
	readonly spec: Spec;
	/** What the columns of its data are called, by field. */
	readonly labels: Readonly<Record<string, string>>;
}

export interface LegendEntry {
	readonly name: string;
	readonly colour: string;
	/** A symbol of vega. */
	readonly shape?: string;
	/** Dashes of its line; none where it is solid. */
	readonly dash?: readonly number[];
}

/** A part of a vega-lite specification, as far as it is looked into. */
interface Part {
	readonly [name: string]: unknown;
	readonly layer?: readonly Part[];
	readonly concat?: readonly Part[];
	readonly data?: { readonly values?: readonly Datum[] };
	readonly mark?: Part | string;
	readonly encoding?: Readonly<Record<string, Part>>;
}

type Datum = Readonly<Record<string, unknown>>;

/** Width that a panel is laid out for before the page knows its own. */
const firstWidth = 600;

/** Signals of every panel: the curves that are hidden, and the ranges that are zoomed to, null for all. */
const params = [
	{ name: "hidden", value: [] },
	{ name: "zoomX", value: null },
	{ name: "zoomY", value: null },
];

/**
 * Makes of a figure's vega-lite specification, whatever its form, what a page shows: title and notes as text, a legend
 * whose entries can be switched off, panels that are as wide as there is room and can be zoomed.
 * Names beside curves are left to the legend, since they have their place at one width only.
 */
export async function screenFigure(figure: TopLevelSpec): Promise<ScreenFigure> {
	const { compile } = await import("vega-lite");
	const { title, config, concat, usermeta, ...single } = figure as unknown as Part;
	const panels = concat ?? [single];
	const units = panels.flatMap(unitsOf);
	const labels = labelsOf(units);
	const legend = legendOf(units);
	const width = Number(panels[0]?.["width"] ?? firstWidth);
	return {
		title: lines((title as Part)["text"]).join(" "),
		notes: (usermeta as { notes: readonly string[] }).notes,
		legend,
		guides: endTexts(units)
			.filter(({ colour }) => colour === ink.faint)
			.map((label) => label.text),
		labels,
		panels: panels.map((panel) => {
			const { title: heading, height } = panel;
			const own = { ...labels, ...labelsOf(unitsOf(panel)) };
			const headingText = heading ? lines((heading as Part)["text"]).join(" ") : "";
			const spec = {
				$schema: figure.$schema,
				params,
				width: firstWidth,
				height,
				autosize: { type: "fit-x", contains: "padding" },
				padding: { left: 2, top: 2, bottom: 2, right: 14 },
				background: null,
				config: {
					...(config as object),
					legend: { orient: "top", ...((config as { legend?: object }).legend ?? {}) },
				},
				layer: unitsOf(panel).flatMap((unit) => screenUnit(unit, width, own) ?? []),
			};
			return {
				...(headingText && { heading: headingText }),
				description: describePanel(panel, own),
				labels: own,
				spec: compile(spec as unknown as TopLevelSpec, { logger: strictLogger() }).spec,
			};
		}),
	};
}

function unitsOf(part: Part): readonly Part[] {
	return part.layer ? part.layer.flatMap(unitsOf) : [part];
}

const lines = (text: unknown): string[] =>
	Array.isArray(text) ? text.map(String) : text === undefined ? [] : [String(text)];

/** Titles of the axes, by the field that they show. */
function labelsOf(units: readonly Part[]): Record<string, string> {
	const titles = ["x", "y"].map((channel) => {
		const different = new Set(units.flatMap(({ encoding = {} }) => axisTitle(encoding[channel]) ?? []));
		return [channel, [...different].join(" · ")] as const;
	});
	return Object.fromEntries(titles.filter(([, title]) => title !== ""));
}

function axisTitle(channel: Part | undefined): string | undefined {
	const axis = channel?.["axis"] as Part | null | undefined;
	const title = axis?.["title"];
	return typeof title === "string" && title !== "" ? title : undefined;
}

/** Every curve that a scale of colours names, with its look. */
function legendOf(units: readonly Part[]): LegendEntry[] {
	const entries = new Map<string, LegendEntry>();
	for (const { encoding = {} } of units) {
		const { domain, range } = nominalScale(encoding["color"]) ?? {};
		domain?.forEach((name, i) => {
			entries.set(name, { name, colour: String(range![i]) });
		});
	}
	for (const { encoding = {}, mark, data } of units) {
		const { domain, range } = nominalScale(encoding["shape"]) ?? {};
		domain?.forEach((name, i) => {
			if (entries.has(name)) entries.set(name, { ...entries.get(name)!, shape: String(range![i]) });
		});
		const { type, strokeDash } = markOf(mark);
		const field = String(encoding["color"]?.["field"]);
		if (type !== "line" || !Array.isArray(strokeDash) || strokeDash[1] === 0) continue;
		for (const name of new Set(data?.values?.map((datum) => String(datum[field]))))
			if (entries.has(name)) entries.set(name, { ...entries.get(name)!, dash: strokeDash as number[] });
	}
	return [...entries.values()];
}

function nominalScale(channel: Part | undefined): { domain: string[]; range: unknown[] } | undefined {
	const scale = channel?.["scale"] as { domain?: unknown; range?: unknown } | null | undefined;
	return channel?.["type"] === "nominal" && Array.isArray(scale?.domain) && Array.isArray(scale.range)
		? { domain: scale.domain.map(String), range: scale.range }
		: undefined;
}

const markOf = (mark: Part["mark"]): Part => (typeof mark === "string" ? { type: mark } : (mark ?? {}));

/** Names beside the last points of lines. */
function endTexts(units: readonly Part[]): { text: string; colour: string }[] {
	const found = units.map(({ mark }) => markOf(mark)).filter(isEndText);
	return found.map(({ text, color }) => ({ text: String(text), colour: String(color) }));
}

/** Whether a mark is such a name: names of rules and points are smaller. */
const isEndText = (mark: Part) =>
	mark["type"] === "text" && typeof mark["x"] === "number" && mark["fontSize"] === fontSize.label;

/** A layer for the screen; undefined for one that only a fixed width has room for. */
function screenUnit(
	{ mark, encoding = {}, data, ...rest }: Part,
	width: number,
	labels: Readonly<Record<string, string>>,
) {
	const { tooltip: _, ...drawn } = markOf(mark);
	if (isEndText(drawn) || drawn["color"] === "transparent") return undefined;
	const isPlaced = typeof drawn["x"] === "number" || typeof encoding["x"]?.["value"] === "number";
	const isPoint = drawn["type"] === "point" || drawn["type"] === "rect";
	const channels = Object.entries(encoding).map(([channel, value]) => [
		channel,
		screenChannel(channel, value, width, labels),
	]);
	const colour = encoding["color"];
	const x = encoding["x"];
	const isOffScale = encoding["y"]?.["scale"] === null;
	const filters = [
		...(nominalScale(colour) ? [{ filter: `indexof(hidden, datum[${JSON.stringify(colour["field"])}]) < 0` }] : []),
		...(isOffScale && x?.["field"]
			? [{ filter: `!zoomX || inrange(datum[${JSON.stringify(x["field"])}], zoomX)` }]
			: []),
	];
	return {
		...rest,
		...(data && { data }),
		...(filters.length > 0 && { transform: filters }),
		mark: {
			...drawn,
			...(!isPlaced && !isOffScale && { clip: true }),
			...(typeof drawn["x"] === "number" && { x: partOfWidth(drawn["x"], width) }),
			...(isPlaced && { opacity: { expr: "zoomX || zoomY ? 0 : 1" } }),
			...(isPoint && { tooltip: encoding["tooltip"] ? true : { content: "data" } }),
		},
		encoding: Object.fromEntries(channels),
	};
}

/** A channel that follows the zoom; curves have no legend in the drawing, the page has one. */
function screenChannel(channel: string, value: Part, width: number, labels: Readonly<Record<string, string>>): Part {
	if (channel === "color" || channel === "shape") return nominalScale(value) ? { ...value, legend: null } : value;
	const place = value["value"];
	if ((channel === "x" || channel === "x2") && typeof place === "number") return { value: partOfWidth(place, width) };
	if ((channel !== "x" && channel !== "y") || value["scale"] === null || value["type"] !== "quantitative") return value;
	const zoom = channel === "x" ? "zoomX" : "zoomY";
	const { values, labelExpr, ...axis } = (value["axis"] ?? {}) as Part;
	return {
		...value,
		scale: { ...(value["scale"] as object), domainRaw: { expr: zoom } },
		axis: {
			...axis,
			title: labels[channel] ?? null,
			labelOverlap: "greedy",
			...(channel === "x" && { labelFlush: true }),
			...(Array.isArray(values) && { values: { expr: `${zoom} ? null : ${JSON.stringify(values)}` } }),
			...(typeof labelExpr === "string" && { labelExpr: `${zoom} ? format(datum.value, '.4~g') : (${labelExpr})` }),
			tickCount: { expr: channel === "x" ? "width / 60" : "height / 30" },
		},
	};
}

/** A place that was given in pixels of a panel of this width, in one of any width. */
const partOfWidth = (x: number, width: number) => ({ expr: `width * ${x / width}` });

/** What a panel shows: for each curve how many points, and the first and the last of them. */
function describePanel(panel: Part, labels: Readonly<Record<string, string>>): string {
	const points = unitsOf(panel)
		.filter(({ mark }) => ["point", "rect"].includes(String(markOf(mark)["type"])))
		.flatMap(({ data }) => data?.values ?? [])
		.filter(({ x, y }) => typeof x === "number" && typeof y === "number");
	const about = [labels["y"], labels["x"]].filter(Boolean).join(" against ");
	const curves = [...Map.groupBy(points, ({ curve }) => curve)].map(([name, group]) => {
		const pointAt = ({ x, y }: Datum) => `(${short(x)}, ${short(y)})`;
		const ends =
			group.length === 1 ? `at ${pointAt(group[0]!)}` : `from ${pointAt(group[0]!)} to ${pointAt(group.at(-1)!)}`;
		return `${name === undefined ? "" : `${name}: `}${group.length} point${group.length === 1 ? "" : "s"} ${ends}`;
	});
	return `${about}. ${curves.join("; ")}`;
}

const short = (value: unknown) => String(Number(Number(value).toPrecision(3)));

function strictLogger() {
	const refuse = (...words: unknown[]) => {
		throw new Error(`report: ${words.join(" ")}`);
	};
	const logger = { level: () => logger, error: refuse, warn: refuse, info: () => logger, debug: () => logger };
	return logger as never;
}
