/** [count, first seed] of a script's arguments; ends the process with one line where they are not whole numbers. */
export function countAndSeed(usual: number): [count: number, first: number] {
	const words = process.argv.slice(2);
	const [count = usual, first = 0] = words.map(Number);
	if (words.length <= 2 && Number.isSafeInteger(count) && count > 0 && Number.isSafeInteger(first) && first >= 0)
		return [count, first];
	console.error(
		`arguments are [count] [first seed], whole numbers (${usual} and 0 unless given), got: ${words.join(" ")}`,
	);
	process.exit(2);
}
