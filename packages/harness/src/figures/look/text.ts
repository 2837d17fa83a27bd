/** Advance widths of the figures' font, thousandths of its size, for the characters from the space to `~`. */
const advances = {
	regular: [
		200, 289, 426, 497, 497, 824, 609, 249, 303, 303, 418, 497, 249, 311, 249, 350, 497, 497, 497, 497, 497, 497, 497,
		497, 497, 497, 249, 249, 497, 497, 497, 425, 847, 543, 588, 571, 615, 527, 494, 617, 652, 263, 479, 579, 486, 727,
		647, 664, 566, 664, 569, 534, 536, 645, 515, 786, 513, 476, 539, 303, 350, 303, 497, 500, 542, 504, 553, 456, 555,
		496, 292, 504, 544, 246, 247, 495, 255, 829, 547, 542, 555, 555, 347, 419, 338, 544, 467, 719, 446, 467, 425, 303,
		241, 303, 497,
	],
	bold: [
		200, 340, 537, 528, 528, 857, 667, 300, 344, 344, 457, 528, 300, 332, 300, 339, 528, 528, 528, 528, 528, 528, 528,
		528, 528, 528, 300, 300, 528, 528, 528, 463, 902, 573, 605, 582, 635, 548, 524, 638, 674, 301, 509, 614, 518, 762,
		665, 684, 596, 684, 613, 556, 556, 665, 556, 813, 567, 525, 541, 344, 339, 344, 528, 500, 555, 527, 573, 468, 573,
		518, 341, 534, 571, 276, 278, 548, 286, 857, 572, 555, 573, 573, 398, 443, 383, 568, 523, 776, 514, 521, 460, 344,
		268, 344, 528,
	],
} as const;

/** Of other characters: raised and lowered digits and letters, and all others, of which hardly any is wider. */
const small = 376;
const other = 560;

/** How wide a line of text is, in the unit of `size`; a little more where it has characters beyond ASCII. */
export function textWidth(text: string, size: number, isBold = false): number {
	const table = advances[isBold ? "bold" : "regular"];
	let width = 0;
	for (const character of text) {
		if (/\p{Mark}/u.test(character)) continue;
		const own = table[character.charCodeAt(0) - 32];
		width += own ?? (character === "\u00a0" ? table[0] : /[\p{No}\p{Lm}⁻⁽⁾·]/u.test(character) ? small : other);
	}
	return (width * size) / 1000;
}

/** Spaces at which a line may be broken: not beside an equals sign, nor between a number and what it counts. */
const breakable = /(?<!=)(?<!\d(?= [^·×])) (?!=)/;

/** Breaks text into lines of at most `width`, at spaces; `B = 2` and `2 cores` stay whole. */
export function wrapText(text: string, width: number, size: number, isBold = false): string[] {
	const lines: string[] = [];
	for (const word of text.split(breakable)) {
		const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
		if (lines.length > 0 && textWidth(longer, size, isBold) <= width) lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines;
}

/** A last line that is shorter than this part of the width looks lost. */
const shortest = 0.25;

/** Breaks text into as few full lines as there can be; where the last would be a word or two, the others give it some of theirs. */
export function wrapEvenly(text: string, width: number, size: number, isBold = false): string[] {
	const full = wrapText(text, width, size, isBold);
	const isLost = (lines: readonly string[]) => textWidth(lines.at(-1) ?? "", size, isBold) < shortest * width;
	for (let narrower = width; full.length > 1 && narrower > width / 2; narrower -= size / 2) {
		const lines = wrapText(text, narrower, size, isBold);
		if (lines.length > full.length) break;
		if (!isLost(lines)) return lines;
	}
	return full;
}
