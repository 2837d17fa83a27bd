import { download } from "./files.js";
import { shown } from "./numbers.js";

/** Rows that the table shows at first, and more at each press of its button. */
const pageSize = 100;

/**
 * The places of rows in order of a column; numbers by size, what does not apply last.
 * @param {readonly (readonly string[])[]} rows
 * @param {number} column
 * @param {boolean} isNumber
 * @param {"ascending" | "descending"} direction
 */
export function orderOf(rows, column, isNumber, direction) {
	const sign = direction === "ascending" ? 1 : -1;
	/** @param {number} i */
	const field = (i) => rows[i]?.[column] ?? "";
	return rows
		.map((_, i) => i)
		.sort((a, b) => {
			const [one, other] = [field(a), field(b)];
			if (one === "" || other === "") return Number(one === "") - Number(other === "");
			return sign * (isNumber ? Number(one) - Number(other) : one.localeCompare(other, "en"));
		});
}

/**
 * A number as people write it: 1024, 1,024, 1e6, 2^20.
 * @param {string} text
 */
function numberOf(text) {
	const [, base, exponent] = /^(\d+)\^(\d+)$/.exec(text) ?? [];
	return base === undefined ? Number(text.replaceAll(",", "")) : Number(base) ** Number(exponent);
}

/**
 * @param {number} one
 * @param {string} relation
 * @param {number} other
 */
function holds(one, relation, other) {
	switch (relation) {
		case "<":
			return one < other;
		case "<=":
			return one <= other;
		case ">":
			return one > other;
		case ">=":
			return one >= other;
		case "!=":
			return one !== other;
		default:
			return one === other;
	}
}

/**
 * Whether a row has every word somewhere in it, as it is or as it is shown; `n=1024`, `n > 4096` and `status != done` ask for
 * a column. A row without a number is neither above nor below one.
 * @param {readonly string[]} row
 * @param {readonly PageColumn[]} columns
 * @param {string} wanted
 */
export function matches(row, columns, wanted) {
	return wanted
		.toLowerCase()
		.replaceAll(/\s*(<=|>=|!=|=|<|>)\s*/g, "$1")
		.split(/\s+/)
		.filter(Boolean)
		.every((word) => {
			const [, name, relation = "", value = ""] = /^([^<>=!]+)(<=|>=|!=|=|<|>)(.*)$/.exec(word) ?? [];
			const at = relation === "" ? -1 : columns.findIndex((column) => column.name.toLowerCase() === name);
			if (at < 0)
				return row.some((field, i) => {
					const isNumber = columns[i]?.isNumber && field !== "";
					return field.toLowerCase().includes(word) || (isNumber && shown(Number(field)).includes(word));
				});
			const field = row[at] ?? "";
			if (!columns[at]?.isNumber || value === "") return (field.toLowerCase() === value) === (relation !== "!=");
			return field !== "" && holds(Number(field), relation, numberOf(value));
		});
}

/**
 * Rows as a CSV file (RFC 4180).
 * @param {readonly PageColumn[]} columns
 * @param {readonly (readonly string[])[]} rows
 */
export function csvOf(columns, rows) {
	/** @param {string} field */
	const quoted = (field) => (/[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);
	return [columns.map(({ name }) => name), ...rows].map((fields) => `${fields.map(quoted).join(",")}\n`).join("");
}

/**
 * Makes the table of rows work: sorting by its heads, the filter, the download, the command of each row.
 * @param {PageRows} data
 */
export function startRows({ columns, rows, commands, samples, fileName }) {
	/** @template {Element} E @param {string} id @returns {E} */
	const byId = (id) => /** @type {E} */ (/** @type {unknown} */ (document.getElementById(id)));
	const [body, count, filter, status, more] = [
		byId("rows-body"),
		byId("rows-count"),
		/** @type {HTMLInputElement} */ (byId("rows-filter")),
		/** @type {HTMLSelectElement} */ (byId("rows-status")),
		/** @type {HTMLButtonElement} */ (byId("rows-more")),
	];
	const statusColumn = columns.findIndex(({ name }) => name === "status");
	let order = rows.map((_, i) => i);
	let limit = pageSize;

	const chosen = () =>
		order.filter((i) => {
			const row = rows[i] ?? [];
			return (status.value === "" || row[statusColumn] === status.value) && matches(row, columns, filter.value);
		});
	const draw = () => {
		const found = chosen();
		body.replaceChildren(
			...found
				.slice(0, limit)
				.map((i) =>
					rowElement(columns, rows[i] ?? [], commands[i] ?? "", samples?.[i] ?? undefined, samples !== undefined),
				),
		);
		count.textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} rows`;
		more.hidden = found.length <= limit;
		more.textContent = `Show all ${found.length.toLocaleString("en")} rows`;
	};
	for (const input of [filter, status]) input.addEventListener("input", draw);
	more.addEventListener("click", () => {
		limit = Number.POSITIVE_INFINITY;
		draw();
	});
	for (const head of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("#rows th[data-column]")))
		head.querySelector("button")?.addEventListener("click", () => {
			const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
			for (const other of document.querySelectorAll("#rows th[aria-sort]")) other.removeAttribute("aria-sort");
			head.setAttribute("aria-sort", direction);
			const at = Number(head.dataset["column"]);
			order = orderOf(rows, at, columns[at]?.isNumber ?? false, direction);
			draw();
		});
	byId("rows-download").addEventListener("click", () => {
		const text = csvOf(
			columns,
			chosen().map((i) => rows[i] ?? []),
		);
		download(fileName, new Blob([text], { type: "text/csv" }));
	});
	draw();
}

/**
 * @param {readonly PageColumn[]} columns
 * @param {readonly string[]} row
 * @param {string} command
 * @param {PageSamples | undefined} samples
 * @param {boolean} hasSamples whether the table has a column of distributions
 */
function rowElement(columns, row, command, samples, hasSamples) {
	const element = document.createElement("tr");
	columns.forEach(({ isNumber, isShown, name }, i) => {
		if (!isShown) return;
		const field = row[i] ?? "";
		const cell = element.insertCell();
		cell.textContent = isNumber && field !== "" ? shown(Number(field)) : field;
		if (isNumber) cell.className = "number";
		if (name === "status") cell.dataset["status"] = field;
	});
	if (hasSamples) {
		const cell = element.insertCell();
		if (samples) cell.append(histogram(samples));
	}
	const code = document.createElement("code");
	code.textContent = command;
	element.insertCell().append(code);
	return element;
}

/**
 * The distribution of the times of a cell as bars, with marks for the medians of its rounds below.
 * @param {PageSamples} samples
 */
function histogram({ count, low, high, bins, rounds, median }) {
	const space = "http://www.w3.org/2000/svg";
	const svg = document.createElementNS(space, "svg");
	const [width, height] = [5 * bins.length, 22];
	const said = `${count.toLocaleString("en")} times from ${shown(low)} to ${shown(high)} ms, median ${shown(median)} ms, ${rounds.length} ${rounds.length === 1 ? "round" : "rounds"}`;
	svg.setAttribute("width", String(width));
	svg.setAttribute("height", String(height));
	svg.setAttribute("role", "img");
	svg.setAttribute("aria-label", said);
	svg.append(Object.assign(document.createElementNS(space, "title"), { textContent: said }));
	/** @param {number} x @param {number} y @param {number} w @param {number} h */
	const bar = (x, y, w, h) => {
		const rect = document.createElementNS(space, "rect");
		for (const [name, value] of Object.entries({ x, y, width: w, height: h, fill: "currentColor" }))
			rect.setAttribute(name, String(value));
		svg.append(rect);
	};
	const most = Math.max(...bins);
	bins.forEach((share, i) => {
		const tall = (16 * share) / most;
		if (share > 0) bar(5 * i, 17 - Math.max(1, tall), 4, Math.max(1, tall));
	});
	for (const round of rounds) bar(round * (width - 1), 18, 1.5, 4);
	return svg;
}
