/** Colours of figures on white, and what they are on a dark page: as far from it, and as far from each other. */
const darkColours = /** @type {Record<string, string>} */ ({
	"#000000": "#F2F2F2",
	"#222222": "#E6E8EA",
	"#6B6B6B": "#A9B0B7",
	"#B5B5B5": "#707880",
	"#EBEBEB": "#343A41",
	"#0072B2": "#4AA8F0",
	"#56B4E9": "#A5DBFA",
	"#009E73": "#2BC498",
	"#D55E00": "#F5813A",
	"#8A8A8A": "#9CA3AA",
	white: "#1B1F24",
});

/**
 * A colour for a dark page.
 * @param {string} colour
 */
export function darkened(colour) {
	return darkColours[colour] ?? darkColours[colour.toUpperCase()] ?? colour;
}

/**
 * Whether a part of a specification stays as it is: data, and colours that stand for numbers, on which text is written.
 * @param {string} name
 * @param {object} whole
 */
function isKept(name, whole) {
	return name === "values" || (name === "range" && "type" in whole && whole.type !== "ordinal");
}

/**
 * A vega specification with the colours of a dark page; data stay as they are.
 * @param {unknown} part
 * @returns {any}
 */
export function darkSpec(part) {
	if (typeof part === "string") return darkened(part);
	if (Array.isArray(part)) return part.map(darkSpec);
	if (typeof part !== "object" || part === null) return part;
	return Object.fromEntries(
		Object.entries(part).map(([name, value]) => [name, isKept(name, part) ? value : darkSpec(value)]),
	);
}
