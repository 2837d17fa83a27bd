import { decades, placeOn, powersOfTwo, roundNumbers, type Scale, type Tick } from "./scale.ts";

/** An axis of a chart. */
export interface Axis {
	readonly title: string;
	readonly scale: Scale;
	readonly ticks?: "decades" | "powers of two" | "round" | readonly Tick[];
}

/** One curve. */
export interface Curve {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
	/** Number of its colour, 1 to 6. */
	readonly colour: number;
	readonly form: "line" | "dashed" | "circles" | "squares";
}

/** A line across the chart, or a point in it. */
export interface Mark {
	readonly x?: number;
	readonly y?: number;
	readonly text: string;
}

/** All that a chart shows. */
export interface Chart {
	/** The content of the chart in words, for readers who cannot see it. */
	readonly description: string;
	readonly x: Axis;
	readonly y: Axis;
	readonly curves: readonly Curve[];
	readonly rules?: readonly Mark[];
	readonly point?: { readonly x: number; readonly y: number; readonly text: string };
}

const margin = { left: 58, right: 14, top: 12, bottom: 44 };

const escaped = (text: string): string =>
	text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

const ticksOf = ({ ticks = "round", scale }: Axis, most: number): readonly Tick[] => {
	if (typeof ticks !== "string") return ticks;
	return ticks === "decades"
		? decades(scale, most)
		: ticks === "powers of two"
			? powersOfTwo(scale, most)
			: roundNumbers(scale, most);
};

/** Draws a chart into an element, as wide and as high as that is. */
export function drawChart(place: HTMLElement, chart: Chart): void {
	const [width, height] = [Math.max(240, place.clientWidth), Math.max(180, place.clientHeight)];
	const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };
	const x = (value: number) => margin.left + inner.width * placeOn(chart.x.scale, value);
	const y = (value: number) => margin.top + inner.height * (1 - placeOn(chart.y.scale, value));
	const fixed = (value: number) => value.toFixed(1);
	const [right, bottom] = [width - margin.right, height - margin.bottom];
	const grid = [
		...ticksOf(chart.x, width < 460 ? 5 : 9).map(
			({ value, text }) =>
				`<path class="grid" d="M${fixed(x(value))} ${margin.top}V${bottom}"/><text class="tick" x="${fixed(x(value))}" y="${bottom + 16}" text-anchor="middle">${escaped(text)}</text>`,
		),
		...ticksOf(chart.y, 6).map(
			({ value, text }) =>
				`<path class="grid" d="M${margin.left} ${fixed(y(value))}H${right}"/><text class="tick" x="${margin.left - 6}" y="${fixed(y(value) + 4)}" text-anchor="end">${escaped(text)}</text>`,
		),
	];
	const titles = `<text class="title" x="${margin.left + inner.width / 2}" y="${height - 6}" text-anchor="middle">${escaped(chart.x.title)}</text><text class="title" transform="translate(13 ${margin.top + inner.height / 2}) rotate(-90)" text-anchor="middle">${escaped(chart.y.title)}</text>`;
	const rules = (chart.rules ?? []).map((mark) => {
		const [d, at] =
			mark.x === undefined
				? [
						`M${margin.left} ${fixed(y(mark.y ?? 0))}H${right}`,
						`x="${right - 4}" y="${fixed(y(mark.y ?? 0) - 4)}" text-anchor="end"`,
					]
				: x(mark.x) > width - 130
					? [
							`M${fixed(x(mark.x))} ${margin.top}V${bottom}`,
							`x="${fixed(x(mark.x) - 4)}" y="${bottom - 6}" text-anchor="end"`,
						]
					: [`M${fixed(x(mark.x))} ${margin.top}V${bottom}`, `x="${fixed(x(mark.x) + 4)}" y="${bottom - 6}"`];
		return `<path class="rule" d="${d}"/><text class="rule-text" ${at}>${escaped(mark.text)}</text>`;
	});
	const curves = chart.curves.map((curve) => {
		const shown = curve.points.filter(([a, b]) => Number.isFinite(x(a)) && Number.isFinite(y(b)));
		const path = shown.map(([a, b], i) => `${i === 0 ? "M" : "L"}${fixed(x(a))} ${fixed(y(b))}`).join("");
		const marks =
			curve.form === "circles"
				? shown.map(([a, b]) => `<circle cx="${fixed(x(a))}" cy="${fixed(y(b))}" r="4"/>`)
				: curve.form === "squares"
					? shown.map(([a, b]) => `<rect x="${fixed(x(a) - 4)}" y="${fixed(y(b) - 4)}" width="8" height="8"/>`)
					: [];
		return `<g class="curve colour-${curve.colour} ${curve.form}"><path d="${path}"/>${marks.join("")}</g>`;
	});
	const point = chart.point
		? `<g class="point"><circle cx="${fixed(x(chart.point.x))}" cy="${fixed(y(chart.point.y))}" r="7"/></g>`
		: "";
	const frame = `<clipPath id="clip-${place.id}"><rect x="${margin.left}" y="${margin.top}" width="${inner.width}" height="${inner.height}"/></clipPath>`;
	place.innerHTML = `<svg role="img" aria-label="${escaped(chart.description)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${frame}${grid.join("")}${rules.join("")}<g clip-path="url(#clip-${place.id})">${curves.join("")}${point}</g>${titles}</svg>`;
}

/** The legend of curves: colour, form and name of each. */
export function legend(place: HTMLElement, curves: readonly Pick<Curve, "name" | "colour" | "form">[]): void {
	place.innerHTML = curves
		.map(({ name, colour, form }) => {
			const mark =
				form === "circles"
					? '<circle cx="12" cy="7" r="4"/>'
					: form === "squares"
						? '<rect x="8" y="3" width="8" height="8"/>'
						: "";
			return `<li><svg aria-hidden="true" width="24" height="14"><g class="curve colour-${colour} ${form}"><path d="M1 7H23"/>${mark}</g></svg> ${escaped(name)}</li>`;
		})
		.join("");
}
