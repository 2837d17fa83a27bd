/** Control characters, line and paragraph separators, marks that reorder or hide text, halves of surrogate pairs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u001b": "\\e" };

/**
 * The text on one line that a terminal shows as it is: characters that move the cursor, break a line or reorder text become
 * escapes such as `\n`, `\x07`, `\u202e`. File names and words of a file go through it before they reach a terminal, so that
 * none can pass for a line of our own.
 */
export function printable(text: string): string {
	return text.replace(UNPRINTABLE, (character) => {
		const code = character.codePointAt(0) ?? 0;
		if (code > 0xffff) return `\\u{${code.toString(16)}}`;
		return short[character] ?? (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
	});
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");
