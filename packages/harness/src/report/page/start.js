import { startFigures } from "./figures.js";
import { startRows } from "./rows.js";
import { unpack } from "./unpack.js";

/** Unpacks what the page holds and brings it to life. */
async function start() {
	startRows(JSON.parse(await unpack("rows-data")));
	const library = document.createElement("script");
	library.textContent = await unpack("vega");
	document.head.append(library);
	await startFigures(JSON.parse(await unpack("figures-data")));
	document.documentElement.dataset["ready"] = "true";
}

start();
