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
		for (const [name, value] of Object.entries({ ...signals, ...ticksOf(signals, view, element.clientWidth) }))
			view.signal(name, value);
		view.runAsync();
	};
	/** @param {"x" | "y"} axis @param {{ factor?: number, about?: number, by?: number }} change */
	const changed = (axis, change) => {
		const scale = view.scale(axis);
		return changedDomain(scale.domain(), scale.type === "log", change);
	};
	const reset = () => set({ zoomX: null, zoomY: null });
	/** @param {number} right @param {number} up parts of the panel */
	const pan = (right, up) => set({ zoomX: changed("x", { by: right }), zoomY: changed("y", { by: up }) });

	onZoomWheel(element, (factor, right, down) =>
		set({
			zoomX: changed("x", { factor, about: view.scale("x").invert(right) }),
			zoomY: changed("y", { factor, about: view.scale("y").invert(down) }),
		}),
	);
	onDrag(element, pan);
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

/**
 * Ticks and labels for the ranges that are zoomed to.
 * @param {Record<string, unknown>} signals
 * @param {VegaView} view
 * @param {number} width of the panel
 */
function ticksOf(signals, view, width) {
	/** @type {Record<string, unknown>} */
	const made = {};
	for (const [axis, most] of /** @type {const} */ ([
		["X", width / 75],
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
}

/** The drawing area of a panel on the screen. @param {HTMLElement} element */
function areaOf(element) {
	const frame = element.querySelector("svg .background")?.getBoundingClientRect();
	return frame ?? element.getBoundingClientRect();
}

/**
 * Calls back for the wheel with Ctrl: the factor, and the place of the pointer in the drawing area.
 * @param {HTMLElement} element
 * @param {(factor: number, right: number, down: number) => void} zoom
 */
function onZoomWheel(element, zoom) {
	element.addEventListener(
		"wheel",
		(event) => {
			if (!event.ctrlKey && !event.metaKey) return;
			event.preventDefault();
			const { left, top } = areaOf(element);
			const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 200);
			zoom(factor, event.clientX - left, event.clientY - top);
		},
		{ passive: false },
	);
}

/**
 * Calls back while the panel is dragged, with how far since the last call.
 * @param {HTMLElement} element
 * @param {(right: number, up: number) => void} pan
 */
function onDrag(element, pan) {
	element.addEventListener("pointerdown", (start) => {
		if (start.button !== 0) return;
		let [x, y] = [start.clientX, start.clientY];
		/** @param {PointerEvent} move */
		const drag = (move) => {
			const { width, height } = areaOf(element);
			pan((x - move.clientX) / width, (move.clientY - y) / height);
			[x, y] = [move.clientX, move.clientY];
		};
		const end = new AbortController();
		window.addEventListener("pointermove", drag, { signal: end.signal });
		for (const name of ["pointerup", "pointercancel"])
			window.addEventListener(name, () => end.abort(), { signal: end.signal });
	});
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
