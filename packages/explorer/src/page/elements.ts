/** The element of an id. @throws Error where the page has none of that kind */
export function byId<Kind extends HTMLElement>(id: string, kind: new () => Kind): Kind {
	const found = document.getElementById(id);
	if (found instanceof kind) return found;
	throw new Error(`the page has no ${kind.name} ${id}`);
}

/** An element with text or children. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
	tag: Tag,
	attributes: Readonly<Record<string, string>> = {},
	...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Tag] {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
	element.append(...children);
	return element;
}

/** Shows lines of label and text in a definition list. */
export function showLines(id: string, lines: readonly (readonly [label: string, text: string])[]): void {
	byId(id, HTMLDListElement).replaceChildren(
		...lines.map(([label, text]) => make("div", {}, make("dt", {}, label), make("dd", {}, text))),
	);
}

/** Shows a message where it belongs, as an error or as a plain word; an empty one takes it away. */
export function say(id: string, text: string, { error = false }: { error?: boolean } = {}): void {
	const place = byId(id, HTMLElement);
	if (place.textContent !== text) place.textContent = text;
	place.classList.toggle("error", error);
}

/** Calls `start` once, when the element of an id first comes into view. */
export function whenSeen(id: string, start: () => void): void {
	const observer = new IntersectionObserver((entries) => {
		if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
		observer.disconnect();
		start();
	});
	observer.observe(byId(id, HTMLElement));
}
