/** Longest part of a program's own words that a message repeats. */
const shownLength = 120;

/** Words of a program for one line of ours: control characters are blanks, a long text is cut. */
export function shorten(text: string): string {
	const line = oneLine(text);
	return line.length > shownLength ? `${line.slice(0, shownLength)}…` : line;
}

/** Text without line breaks and control characters. */
export function oneLine(text: string): string {
	return text.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
}
