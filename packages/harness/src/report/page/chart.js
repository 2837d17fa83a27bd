import { darkSpec } from "./dark.js";
import { shown } from "./numbers.js";
import { zoomedTicks } from "./ticks.js";
import { changedDomain } from "./zoom.js";

/** A drawn panel. @typedef {{ hide(names: string[]): void, zoom(factor: number): void, pan(right: number, up: number): void, reset(): void, signals(): Record<string, unknown>, remove(): void }} Chart */

/** Signals that a reader changes. */
const kept = ["hidden", "zoomX", "zoomY", "ticksX", "ticksY", "labelsX", "labelsY"];

/**
 * Draws a panel into an element, as wide as it is, and lets it be dragged, zoomed with Ctrl and the wheel, and reset by a
 * double click.
 * @param {HTMLElement} element
 * @param {object} spec
 * @param {Readonly<Record<string, string>>} labels
 * @param {boolean} isDark
 * @returns {Promise<Chart>}
 */
export async function drawPanel(element, spec, labels, isDark) {
	const view = new vega.View(vega.parse(isDark ? darkSpec(spec) : spec), {
		renderer: "svg",
		container: element,
		hover: false,
	});
	view.tooltip((_, event, __, value) => showTooltip(event, value, labels));
	await view.width(element.clientWidth).runAsync();
	// The element itself says what the drawing shows.
	element.querySelector("svg")?.setAttribute("aria-hidden", "true");

	/** @param {Record<string, unknown>} signals */
	const set = (signals) => {
		for (const [name, value] of Object.entries({ ...signals, ...ticksOf(signals) })) view.signal(name, value);
		view.runAsync();
	};
	/** Ticks and labels for the ranges that are zoomed to. @param {Record<string, unknown>} signals */
	const ticksOf = (signals) => {
		/** @type {Record<string, unknown>} */
		const made = {};
		for (const [axis, most] of /** @type {const} */ ([
			["X", element.clientWidth / 75],
			["Y", 7],
		])) {
			const range = /** @type {[number, number] | null | undefined} */ (signals[`zoom${axis}`]);
			if (!range) continue;
			const kind = /** @type {import("./ticks.js").AxisKind} */ (view.signal(`kind${axis}`));
			const ticks = zoomedTicks(range, kind, Math.max(2, Math.floor(most)));
			made[`ticks${axis}`] = ticks.map(({ value }) => value);
			made[`labels${axis}`] = ticks.map(({ label }) => label);
		}
		return made;
	};
	/** @param {"x" | "y"} axis @param {{ factor?: number, about?: number, by?: number }} change */
	const changed = (axis, change) => {
		const scale = view.scale(axis);
		return changedDomain(scale.domain(), scale.type === "log", change);
	};
	const reset = () => set({ zoomX: null, zoomY: null });
	/** @param {number} right @param {number} up parts of the panel */
	const pan = (right, up) => set({ zoomX: changed("x", { by: right }), zoomY: changed("y", { by: up }) });

	/** The drawing area of the panel on the screen. */
	const area = () => {
		const frame = element.querySelector("svg .background")?.getBoundingClientRect();
		return frame ?? element.getBoundingClientRect();
	};
	element.addEventListener(
		"wheel",
		(event) => {
			if (!event.ctrlKey && !event.metaKey) return;
			event.preventDefault();
			const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200);
			const { left, top } = area();
			set({
				zoomX: changed("x", { factor, about: view.scale("x").invert(event.clientX - left) }),
				zoomY: changed("y", { factor, about: view.scale("y").invert(event.clientY - top) }),
			});
		},
		{ passive: false },
	);
	element.addEventListener("pointerdown", (down) => {
		if (down.button !== 0) return;
		let [x, y] = [down.clientX, down.clientY];
		/** @param {PointerEvent} move */
		const drag = (move) => {
			const { width, height } = area();
			pan((x - move.clientX) / width, (move.clientY - y) / height);
			[x, y] = [move.clientX, move.clientY];
		};
		const end = new AbortController();
		window.addEventListener("pointermove", drag, { signal: end.signal });
		for (const name of ["pointerup", "pointercancel"])
			window.addEventListener(name, () => end.abort(), { signal: end.signal });
	});
	element.addEventListener("dblclick", reset);
	const resizing = new ResizeObserver(() => view.width(element.clientWidth).runAsync());
	resizing.observe(element);
	return {
		hide: (names) => set({ hidden: names }),
		zoom: (factor) => set({ zoomX: changed("x", { factor }), zoomY: changed("y", { factor }) }),
		pan,
		reset,
		signals: () => Object.fromEntries(kept.map((name) => [name, view.signal(name)])),
		remove() {
			resizing.disconnect();
			view.finalize();
			const clean = element.cloneNode(false);
			element.replaceWith(clean);
		},
	};
}

/** Fields that only place a mark. */
const silent = ["curve", "low", "high", "order", "down"];

/**
 * Shows what a mark stands for beside the pointer; nothing for no value.
 * @param {MouseEvent} event
 * @param {unknown} value
 * @param {Readonly<Record<string, string>>} labels
 */
function showTooltip(event, value, labels) {
	const box = /** @type {HTMLElement} */ (document.getElementById("tooltip"));
	box.hidden = typeof value !== "object" || value === null;
	if (typeof value !== "object" || value === null) return;
	const datum = /** @type {Record<string, unknown>} */ (value);
	const lines = Object.entries(datum)
		.filter(([field]) => !silent.includes(field))
		.map(([field, content]) => `${labels[field] ?? field}: ${shown(content)}`);
	if (typeof datum["low"] === "number" && datum["low"] !== datum["high"])
		lines.push(`between ${shown(datum["low"])} and ${shown(datum["high"])}`);
	if (datum["curve"] !== undefined) lines.unshift(String(datum["curve"]));
	box.replaceChildren(
		...lines.map((line) => {
			const element = document.createElement("div");
			element.textContent = line;
			return element;
		}),
	);
	const { innerWidth, scrollX, scrollY } = window;
	box.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.offsetWidth - 8)) + scrollX}px`;
	box.style.top = `${event.clientY + 18 + scrollY}px`;
}
