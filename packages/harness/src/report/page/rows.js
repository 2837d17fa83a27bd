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
 * Whether a row has every word somewhere in it, as it is or as it is shown; `n=1024` asks for a column.
 * @param {readonly string[]} row
 * @param {readonly PageColumn[]} columns
 * @param {string} wanted
 */
export function matches(row, columns, wanted) {
	return wanted
		.toLowerCase()
		.split(/\s+/)
		.filter(Boolean)
		.every((word) => {
			const [name, value] = word.split("=");
			const at = value === undefined ? -1 : columns.findIndex((column) => column.name.toLowerCase() === name);
			if (at < 0)
				return row.some((field, i) => {
					const isNumber = columns[i]?.isNumber && field !== "";
					return field.toLowerCase().includes(word) || (isNumber && shown(Number(field)).includes(word));
				});
			const field = row[at] ?? "";
			if (!columns[at]?.isNumber || value === "") return field.toLowerCase() === value;
			return field !== "" && Number(field) === numberOf(value ?? "");
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
export function startRows({ columns, rows, commands, fileName }) {
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
		body.replaceChildren(...found.slice(0, limit).map((i) => rowElement(columns, rows[i] ?? [], commands[i] ?? "")));
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
		const file = new Blob(
			[
				csvOf(
					columns,
					chosen().map((i) => rows[i] ?? []),
				),
			],
			{ type: "text/csv" },
		);
		const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: fileName });
		link.click();
		URL.revokeObjectURL(link.href);
	});
	draw();
}

/**
 * @param {readonly PageColumn[]} columns
 * @param {readonly string[]} row
 * @param {string} command
 */
function rowElement(columns, row, command) {
	const element = document.createElement("tr");
	columns.forEach(({ isNumber, isShown, name }, i) => {
		if (!isShown) return;
		const field = row[i] ?? "";
		const cell = element.insertCell();
		cell.textContent = isNumber && field !== "" ? shown(Number(field)) : field;
		if (isNumber) cell.className = "number";
		if (name === "status") cell.dataset["status"] = field;
	});
	const code = document.createElement("code");
	code.textContent = command;
	element.insertCell().append(code);
	return element;
}
