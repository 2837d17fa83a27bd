import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startBrowser } from "@attgrad/harness/testing/browser";
import { required, scriptArguments, text } from "@attgrad/matrix-core/script-arguments";

const { page, picture } = scriptArguments({
	call: "node packages/explorer/src/testing/picture.ts",
	summary: `Takes the picture of the page that the README shows: npm run explore -- --no-open && node
		packages/explorer/src/testing/picture.ts results/explorer.html results/reference/explorer.png`,
	positionals: {
		page: required(text("file of the page", { form: "file" })),
		picture: required(text("file of the picture (.png)", { form: "file" })),
	},
});

const browser = await startBrowser();
try {
	const view = await browser.newPage({ viewport: { width: 1180, height: 1100 }, colorScheme: "light" });
	await view.goto(`${pathToFileURL(resolve(page)).href}#?t.n=100&t.B=2`);
	await view.locator("html[data-ready]").waitFor();
	const phase = await view.locator("#threshold").boundingBox();
	if (!phase) throw new Error("picture: no section threshold");
	await view.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1180, height: phase.y + phase.height } });
} finally {
	await browser.close();
}
