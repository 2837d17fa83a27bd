import { present } from "@attgrad/matrix-core";
import type { Spec } from "vega";
import type { TopLevelSpec } from "vega-lite";
import { config } from "../look/config.ts";
import type { FigureModel, LegendEntry, PanelModel } from "../model/panel-model.ts";

/** A figure for the screen: its text as text, each panel a vega specification that the page can zoom and filter. */
export interface ScreenFigure {
	readonly title: string;
	/** Regime, caveat, what the marks mean. */
	readonly notes: readonly string[];
	readonly panels: readonly ScreenPanel[];
	readonly legend: readonly LegendEntry[];
	/** Labels of the thin lines to compare slopes with. */
	readonly guides: readonly string[];
	/** The names of the data's columns, by field; every name where panels differ. */
	readonly labels: Readonly<Record<string, string>>;
}

export interface ScreenPanel {
	readonly heading?: string;
	/** The content of the panel in words, for readers who cannot see it. */
	readonly description: string;
	readonly spec: Spec;
	/** The names of its data's columns, by field. */
	readonly labels: Readonly<Record<string, string>>;
}

/** A part of a vega-lite specification, as far as it is looked into. */
interface Part {
	readonly [name: string]: unknown;
	readonly data?: { readonly values?: readonly Datum[] };
	readonly mark?: Part | string;
	readonly encoding?: Readonly<Record<string, Part>>;
}

type Datum = Readonly<Record<string, unknown>>;

/** Width that a panel is laid out for before the page knows its own. */
const firstWidth = 600;

/**
 * Signals of every panel: the curves that are hidden, the ranges that are zoomed to, null for all, with ticks and labels
 * that the page works out for them, and how each axis counts.
 */
const paramsOf = (layers: readonly Part[]) => [
	{ name: "hidden", value: [] },
	...(["X", "Y"] as const).flatMap((axis) => [
		{ name: `zoom${axis}`, value: null },
		{ name: `ticks${axis}`, value: [] },
		{ name: `labels${axis}`, value: [] },
		{ name: `kind${axis}`, value: kindOf(layers, axis === "X" ? "x" : "y") },
	]),
];

/** How an axis counts: by its scale, and by its ticks where that is logarithmic. */
function kindOf(layers: readonly Part[], channel: "x" | "y"): "linear" | "log" | "powers-of-two" {
	const encodings = layers.flatMap(({ encoding }): Part[] => (encoding?.[channel] ? [encoding[channel]] : []));
	const scaled = encodings.find((one) => typeof (one["scale"] as Part | null)?.["type"] === "string");
	if ((scaled?.["scale"] as Part | undefined)?.["type"] !== "log") return "linear";
	const { values } = (scaled?.["axis"] ?? {}) as { readonly values?: readonly number[] };
	const arePowers = values !== undefined && values.length > 1 && values.every((x) => Number.isInteger(Math.log2(x)));
	return arePowers ? "powers-of-two" : "log";
}

/**
 * Draws the model of a figure for a page: title and notes as text, a legend whose entries can be switched off, panels
 * that are as wide as there is room and can be zoomed. Names beside curves are left to the legend, since they have
 * their place at one width only.
 */
export async function screenFigure({ title, notes, legend, panels }: FigureModel): Promise<ScreenFigure> {
	const { compile } = await import("vega-lite");
	const labels = labelsOf(panels);
	const width = panels[0].width;
	return {
		title,
		notes,
		legend,
		guides: panels.flatMap(({ guides }) => guides),
		labels,
		panels: panels.map((panel) => {
			const own = { ...labels, ...labelsOf([panel]) };
			const spec = {
				$schema: "https://vega.github.io/schema/vega-lite/v6.json",
				params: paramsOf(panel.layers.map((layer) => layer.spec as Part)),
				width: firstWidth,
				height: panel.height,
				autosize: { type: "fit-x", contains: "padding" },
				padding: { left: 2, top: 2, bottom: 2, right: 14 },
				background: null,
				config: { ...config, legend: { orient: "top", ...config.legend } },
				layer: panel.layers
					.filter(({ role }) => role === "mark")
					.map((layer) => screenLayer(layer.spec as Part, width, own)),
			};
			return {
				...(panel.heading && { heading: [panel.heading, panel.note].filter(Boolean).join(": ") }),
				description: describePanel(panel, own),
				labels: own,
				spec: compile(spec as unknown as TopLevelSpec, { logger: strictLogger() }).spec,
			};
		}),
	};
}

/** Titles of the axes, by the field that they show; every title where panels differ. */
function labelsOf(panels: readonly PanelModel[]): Record<string, string> {
	const titles = (["x", "y"] as const).map((axis) => {
		const different = new Set(panels.flatMap(({ titles }) => titles[axis] || []));
		return [axis, [...different].join(" · ")] as const;
	});
	return Object.fromEntries(titles.filter(([, title]) => title !== ""));
}

/** Whether a channel tells curves apart by a scale of its own. */
function isNominal(channel: Part | undefined): boolean {
	const scale = channel?.["scale"] as { domain?: unknown; range?: unknown } | null | undefined;
	return channel?.["type"] === "nominal" && Array.isArray(scale?.domain) && Array.isArray(scale.range);
}

const markOf = (mark: Part["mark"]): Part => (typeof mark === "string" ? { type: mark } : (mark ?? {}));

/** A layer for the screen. */
function screenLayer(
	{ mark, encoding = {}, data, ...rest }: Part,
	width: number,
	labels: Readonly<Record<string, string>>,
) {
	const { tooltip: _, ...drawn } = markOf(mark);
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
		...(isNominal(colour) ? [{ filter: `indexof(hidden, datum[${JSON.stringify(colour["field"])}]) < 0` }] : []),
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
	if (channel === "color" || channel === "shape") return isNominal(value) ? { ...value, legend: null } : value;
	const place = value["value"];
	if ((channel === "x" || channel === "x2") && typeof place === "number") return { value: partOfWidth(place, width) };
	if ((channel !== "x" && channel !== "y") || value["scale"] === null || value["type"] !== "quantitative") return value;
	const [zoom, ticks, tickLabels] = ["zoom", "ticks", "labels"].map((name) => `${name}${channel === "x" ? "X" : "Y"}`);
	const { values, labelExpr, ...axis } = (value["axis"] ?? {}) as Part;
	return {
		...value,
		scale: { ...(value["scale"] as object), domainRaw: { expr: zoom } },
		axis: {
			...axis,
			title: labels[channel] ?? null,
			labelOverlap: "greedy",
			...(channel === "x" && { labelFlush: true }),
			...(Array.isArray(values) && { values: { expr: `${zoom} ? ${ticks} : ${JSON.stringify(values)}` } }),
			...(typeof labelExpr === "string" && {
				labelExpr: `${zoom} ? ${tickLabels}[round(datum.index * (length(${tickLabels}) - 1))] : (${labelExpr})`,
			}),
		},
	};
}

/** A place that was given in pixels of a panel of this width, in one of any width. */
const partOfWidth = (x: number, width: number) => ({ expr: `width * ${x / width}` });

/** The content of a panel in words: for each curve the number of points, and the first and the last of them. */
function describePanel({ layers }: PanelModel, labels: Readonly<Record<string, string>>): string {
	const points = layers
		.map(({ spec }) => spec as Part)
		.filter(({ mark }) => ["point", "rect"].includes(String(markOf(mark)["type"])))
		.flatMap(({ data }) => data?.values ?? [])
		.filter(({ x, y }) => typeof x === "number" && typeof y === "number");
	const about = [labels["y"], labels["x"]].filter(Boolean).join(" against ");
	const curves = [...Map.groupBy(points, ({ curve }) => curve)].map(([name, group]) => {
		const pointAt = ({ x, y }: Datum) => `(${short(x)}, ${short(y)})`;
		const ends =
			group.length === 1
				? `at ${pointAt(group[0])}`
				: `from ${pointAt(group[0])} to ${pointAt(present(group.at(-1), "the last point of a curve"))}`;
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
