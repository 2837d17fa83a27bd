import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startBrowser } from "@attgrad/harness/testing/browser";
import { temporaryFolder } from "attgrad/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { buildPage } from "../bundle/build-page.ts";

/** The headers with which a server isolates a page from other origins, so that its threads can share memory. */
export const isolation = {
	"Cross-Origin-Opener-Policy": "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
} as const;

export { noBrowser } from "@attgrad/harness/testing/browser";

/** How a page is looked at. */
export interface View {
	/** The part of the address after the file's name. */
	readonly address?: string;
	readonly width?: number;
	readonly colorScheme?: "light" | "dark";
	readonly reducedMotion?: "reduce" | "no-preference";
	/** Serve the page with the headers that isolate it from other origins, so that it has threads. @default from the disk */
	readonly isolated?: boolean;
	/** A line that the workers' program begins with. */
	readonly worker?: string;
}

/** The page in a file, and a browser; for the tests of one file. */
export function pageOnDisk() {
	const folder = temporaryFolder();
	const path = join(folder, "explorer.html");
	let browser: Browser | undefined;
	let html = "";
	beforeAll(async () => {
		html = await buildPage("docs");
		writeFileSync(path, html);
		browser = await startBrowser();
	});
	const server = createServer((_, response) =>
		response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...isolation }).end(html),
	);
	afterAll(async () => {
		await browser?.close();
		server.close();
	});

	/** The address of a file of the page whose workers' program begins with a line. */
	function changed(line: string): string {
		const other = join(folder, "changed.html");
		writeFileSync(
			other,
			html.replace('id="worker-program">', () => `id="worker-program">${line}`),
		);
		return pathToFileURL(other).href;
	}

	/** The page's address: of the file, or of a server on this machine that isolates it. */
	async function addressOf(isolated: boolean): Promise<string> {
		if (!isolated) return pathToFileURL(path).href;
		if (!server.listening) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
	}

	/** Opens the page with every other request refused, works with it, and expects no request, error or warning. */
	async function withPage(work: (page: Page) => Promise<void>, view: View = {}): Promise<void> {
		const { address = "", width = 1280, colorScheme = "light", reducedMotion = "no-preference" } = view;
		const { isolated = false, worker } = view;
		if (!browser) throw new Error("no browser");
		const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion });
		const [complaints, requests]: [string[], string[]] = [[], []];
		page.setDefaultTimeout(30_000);
		page.on("console", (message) => complaints.push(message.text()));
		page.on("pageerror", (error) => complaints.push(error.message));
		page.on("request", (request) => requests.push(request.url()));
		const file = worker === undefined ? await addressOf(isolated) : changed(worker);
		await page.context().route(
			(url) => url.protocol !== "blob:" && !url.href.startsWith(file),
			(route) => route.abort(),
		);
		await page.goto(file + address);
		await page.locator("html[data-ready]").waitFor();
		await work(page);
		expect(complaints).toEqual([]);
		expect(requests.filter((url) => !url.startsWith("blob:") && !url.startsWith(file))).toEqual([]);
		await page.close();
	}
	return { folder, path, withPage, size: () => html.length };
}

/** Moves a slider to a position, as a hand does. */
export async function moveSlider(page: Page, id: string, position: number): Promise<void> {
	await page.locator(`#${id}`).evaluate((input, value) => {
		(input as unknown as { value: string }).value = value;
		input.dispatchEvent(new Event("input", { bubbles: true }));
	}, String(position));
}

/** The text beside a label in a list of numbers. */
export const numberOf = (page: Page, list: string, label: string) =>
	page
		.locator(`#${list} div`)
		.filter({ has: page.getByText(label, { exact: true }) })
		.locator("dd");

/** Waits until a section shows the answer to its newest request. */
export const settled = (page: Page, section: string): Promise<void> =>
	page.locator(`#${section}[aria-busy="false"]`).waitFor({ state: "attached" });
