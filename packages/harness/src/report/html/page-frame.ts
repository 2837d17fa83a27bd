import { Html, html } from "./html.ts";
import { pageStyle } from "./page-files.ts";

/** The parts of a page. */
export interface PageParts {
	readonly title: string;
	readonly header: Html;
	readonly main: Html;
	readonly footer?: Html;
	/** After all that is seen: data and programs. */
	readonly scripts?: Html;
}

/** A part of the page that its contents name. */
export interface PageSection {
	readonly id: string;
	readonly heading: string;
	readonly content: Html;
}

/** An HTML document with the project's style, that may run programs of its own and load nothing. */
export function pageFrame({ title, header, main, footer, scripts }: PageParts): string {
	return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${new Html(pageStyle())}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
${header}
</header>
<main id="content">
${main}
</main>
${footer && html`<footer>${footer}</footer>`}
${scripts}
</body>
</html>
`.text;
}
