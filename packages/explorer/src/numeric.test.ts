import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { noBrowser, startBrowser } from "@attgrad/harness/testing/browser";
import { expect, test } from "vitest";
import { bundleTests } from "./bundle/bundle.ts";
import type { Outcome } from "./numeric/vitest.ts";
import { isolation } from "./testing/open-page.ts";

const packages = fileURLToPath(new URL("../../", import.meta.url));

/** Test files of the packages that go over every kernel and need no file or process; the page is isolated, so that several threads are several. */
const files = [
	"matrix-core/src/algebra/kernel-matrices.test.ts",
	"exact-gradient/src/streaming/kernel-streaming.test.ts",
	"exact-gradient/src/backward/kernel-backward.test.ts",
	"exact-gradient/src/backward/forward.test.ts",
	"exact-gradient/src/forward.test.ts",
	"approx-gradient/src/polynomial/kernels/kernel-route.test.ts",
	"approx-gradient/src/polynomial/gauss/run/kernel-run.test.ts",
	"approx-gradient/src/polynomial/profile/profile-kernels.test.ts",
	"approx-gradient/src/polynomial/gradient-y.test.ts",
];

test.skipIf(noBrowser)(
	"the packages' own numeric tests pass in Chromium, on every kernel that a page has",
	async () => {
		const program = await bundleTests(files.map((file) => join(packages, file)));
		const browser = await startBrowser();
		try {
			const page = await browser.newPage();
			// Modules of workers need an origin, which pages from the disk have not: this one is made up, and nothing is fetched.
			await page.route("**/*", (route) =>
				route.request().url().endsWith(".js")
					? route.fulfill({ contentType: "text/javascript", body: program, headers: isolation })
					: route.fulfill({
							contentType: "text/html",
							body: "<!doctype html><title>tests</title>",
							headers: isolation,
						}),
			);
			await page.goto("https://tests.invalid/");
			const outcomes = await page.evaluate<Outcome[]>(
				`new Promise((resolve, reject) => {
				const worker = new Worker("tests.js", { type: "module" });
				worker.onmessage = ({ data }) => resolve(data);
				worker.onerror = ({ message }) => reject(new Error(message));
			})`,
			);
			expect(outcomes.filter(({ status }) => status === "failed")).toEqual([]);
			for (const kernel of ["js", "simd", "fma"]) {
				const own = outcomes.filter(({ name }) => name.includes(kernel));
				expect(own.length, `tests on ${kernel}`).toBeGreaterThanOrEqual(30);
			}
		} finally {
			await browser.close();
		}
	},
	120_000,
);
