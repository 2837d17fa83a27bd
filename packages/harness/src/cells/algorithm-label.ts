/** How people read an algorithm of a row: the name that a command was given (`command/mine:python3 mine.py`), otherwise its spelling. */
export function algorithmLabel(spelling: string): string {
	return /^command\/([^:]+):/.exec(spelling)?.[1] ?? spelling;
}
