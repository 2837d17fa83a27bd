/** A part of the page that the address remembers. */
export interface Remembered {
	/** Its value as the address has it; undefined where it is the default. */
	read(): string | undefined;
	/** Takes a value of an address; undefined for the default. */
	apply(text: string | undefined): void;
}

const parts = new Map<string, Remembered>();
let timer: ReturnType<typeof setTimeout> | undefined;

/** Milliseconds that the address waits for the next change: browsers take a few changes a second. */
const PAUSE = 200;

/** Has the address remember a part under a key, and gives the part what the address says now. */
export function remember(key: string, part: Remembered): void {
	parts.set(key, part);
	part.apply(inAddress().get(key) ?? undefined);
}

/** Writes all parts into the address, after a moment. */
export function stateChanged(): void {
	clearTimeout(timer);
	timer = setTimeout(() => history.replaceState(null, "", addressOf(location.href)), PAUSE);
}

/** The address of the page as it is now: every part that is not at its default. */
export function addressOf(address: string): string {
	const words = new URLSearchParams();
	for (const [key, part] of parts) {
		const text = part.read();
		if (text !== undefined) words.set(key, text);
	}
	const [place] = hashOf(address).split("?");
	const query = words.size > 0 ? `?${words}` : "";
	return `${address.split("#")[0]}${place || query ? `#${place}${query}` : ""}`;
}

/** The section that the address names. */
export const namedSection = (): string => hashOf(location.href).split("?")[0] ?? "";

const hashOf = (address: string): string => address.slice(address.split("#")[0]?.length ?? 0).replace(/^#/, "");

const inAddress = (): URLSearchParams => new URLSearchParams(hashOf(location.href).split("?")[1] ?? "");

addEventListener("hashchange", () => {
	const words = inAddress();
	// A link to a section has no query: it changes nothing but the place, and the address gets its query back.
	if (words.size === 0) stateChanged();
	else for (const [key, part] of parts) part.apply(words.get(key) ?? undefined);
	document.getElementById(namedSection())?.scrollIntoView();
});
