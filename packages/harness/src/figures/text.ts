/** Width of a character of the figures' font, as a part of its size: the mean over English text and digits, rounded up. */
const meanWidth = { regular: 0.44, bold: 0.48 } as const;

/** About how wide a line of text is, in the unit of `size`. */
export function textWidth(text: string, size: number, isBold = false): number {
	return text.length * size * meanWidth[isBold ? "bold" : "regular"];
}

/** Breaks text into lines of at most `width`, at spaces. */
export function wrapText(text: string, width: number, size: number): string[] {
	const lines: string[] = [];
	for (const word of text.split(" ")) {
		const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
		if (lines.length > 0 && textWidth(longer, size) <= width) lines[lines.length - 1] = longer;
		else lines.push(word);
	}
	return lines;
}
