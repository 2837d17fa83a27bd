import { basename, join } from "node:path";
import type { LocatedHead } from "@attgrad/approx-gradient";
import { writeAtomically } from "@attgrad/attention-problem";
import { figureSpec, locationFigures, locationRows, renderFigure } from "@attgrad/harness";

/** Draws the heads of a file over the phase diagram, and their ranks, in a folder that is there. @returns the files, below the folder */
export async function drawLocations(folder: string, file: string, located: readonly LocatedHead[]): Promise<string[]> {
	const rows = locationRows(basename(file, ".npz"), located);
	const files: string[] = [];
	for (const figure of locationFigures) {
		const spec = figureSpec(figure, rows);
		if (!spec) continue;
		const path = join(folder, `${figure.name}.png`);
		writeAtomically(path, (await renderFigure(spec)).png);
		files.push(path);
	}
	return files;
}
