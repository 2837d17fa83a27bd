/** How a curve looks. */
export interface CurveStyle {
	readonly colour: string;
	/** A symbol of vega. */
	readonly shape: string;
}

/** Okabe and Ito's colours, told apart by colour-blind readers too, without the yellow that is too pale on white; brown in its place. */
const colours = {
	black: "#000000",
	orange: "#E69F00",
	skyBlue: "#56B4E9",
	green: "#009E73",
	blue: "#0072B2",
	vermillion: "#D55E00",
	purple: "#CC79A7",
	grey: "#8A8A8A",
	brown: "#7A4A21",
} as const;

/** The same colour and shape in every figure. A variant or setting without its own looks like its algorithm. */
const styles: ReadonlyMap<string, CurveStyle> = new Map(
	Object.entries({
		streaming: { colour: colours.black, shape: "circle" },
		dense: { colour: colours.purple, shape: "square" },
		definition: { colour: colours.grey, shape: "diamond" },
		polynomial: { colour: colours.blue, shape: "diamond" },
		"polynomial/paper": { colour: colours.orange, shape: "triangle-up" },
		"polynomial/moment": { colour: colours.blue, shape: "diamond" },
		"polynomial/moment:basis=gauss": { colour: colours.green, shape: "circle" },
		"polynomial/reverse": { colour: colours.skyBlue, shape: "triangle-down" },
		nystrom: { colour: colours.green, shape: "cross" },
		hybrid: { colour: colours.vermillion, shape: "circle" },
		"random-features": { colour: colours.vermillion, shape: "triangle-right" },
		"support-basis": { colour: colours.purple, shape: "triangle-left" },
		numpy: { colour: colours.green, shape: "square" },
		torch: { colour: colours.vermillion, shape: "diamond" },
		onnxruntime: { colour: colours.brown, shape: "triangle-left" },
		"jax-js": { colour: colours.orange, shape: "triangle-up" },
		"tfjs-wasm": { colour: colours.skyBlue, shape: "triangle-right" },
		"numpy-ts": { colour: colours.purple, shape: "cross" },
		"plain-typescript": { colour: colours.grey, shape: "square" },
		command: { colour: colours.skyBlue, shape: "cross" },
		"linear-attention": { colour: colours.grey, shape: "square" },
		clusters: { colour: colours.brown, shape: "diamond" },
		auto: { colour: colours.grey, shape: "cross" },
		"counted from the matrix": { colour: colours.black, shape: "circle" },
		"exact gradients": { colour: colours.black, shape: "circle" },
		"ε = 0.01 n": { colour: colours.vermillion, shape: "cross" },
		"ε = 10⁻⁶ n": { colour: colours.blue, shape: "diamond" },
		"numerical rank (SVD)": { colour: colours.black, shape: "circle" },
		Nyström: { colour: colours.green, shape: "cross" },
		"anisotropic monomials": { colour: colours.skyBlue, shape: "triangle-down" },
		"all monomials": { colour: colours.blue, shape: "diamond" },
		"random features": { colour: colours.vermillion, shape: "triangle-right" },
		"n = 2¹⁰": { colour: colours.green, shape: "circle" },
		"n = 2²⁰": { colour: colours.orange, shape: "triangle-up" },
		"n = 2¹⁰⁰": { colour: colours.purple, shape: "diamond" },
		"n = 2¹⁰⁰⁰": { colour: colours.blue, shape: "triangle-down" },
		"n → ∞": { colour: colours.black, shape: "stroke" },
		"measured error": { colour: colours.blue, shape: "circle" },
		"estimated from the degree below": { colour: colours.orange, shape: "diamond" },
		"certified a posteriori": { colour: colours.green, shape: "triangle-down" },
		"certified a priori": { colour: colours.vermillion, shape: "triangle-up" },
		"rounding floor of the bound": { colour: colours.grey, shape: "stroke" },
	}),
);

const others: readonly CurveStyle[] = [
	{ colour: colours.green, shape: "triangle-right" },
	{ colour: colours.vermillion, shape: "cross" },
	{ colour: colours.purple, shape: "triangle-left" },
	{ colour: colours.grey, shape: "square" },
	{ colour: colours.blue, shape: "diamond" },
	{ colour: colours.orange, shape: "triangle-up" },
	{ colour: colours.black, shape: "circle" },
	{ colour: colours.skyBlue, shape: "triangle-down" },
	{ colour: colours.brown, shape: "diamond" },
];

/**
 * The styles of a figure's curves. Names that the table does not have take what is left of the remaining styles in turn, so
 * that no two of up to nine look alike.
 */
export function stylesOf(names: readonly string[]): Map<string, CurveStyle> {
	const own = new Map(names.map((name) => [name, styleOf(name)]));
	const taken = new Set([...own.values()].map((style) => style?.colour));
	const free = others.filter(({ colour }) => !taken.has(colour));
	const left = free.length > 0 ? free : others;
	let next = 0;
	return new Map(names.map((name) => [name, own.get(name) ?? left[next++ % left.length]]));
}

/** The style that a name has in every figure, if it has one. */
function styleOf(name: string): CurveStyle | undefined {
	const [variant = name] = name.split(":");
	const [algorithm = name] = variant.split("/");
	return styles.get(name) ?? styles.get(variant) ?? styles.get(algorithm);
}

/** Colours of what is not a curve. */
export const ink = { text: "#222222", faint: "#6B6B6B", rule: "#8A8A8A", guide: "#B5B5B5", grid: "#EBEBEB" } as const;
