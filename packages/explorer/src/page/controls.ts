import { byId } from "./elements.ts";
import { remember, stateChanged } from "./state.ts";

/** A control and its value. */
export interface Control<Value> {
	readonly value: Value;
	set(value: Value): void;
}

/** How a slider stands for numbers. */
export interface SliderOptions {
	/** Its id; `ID-value` is the element that shows the number. */
	readonly id: string;
	/** The key of the address. */
	readonly key: string;
	readonly initial: number;
	/** The number at a position of the slider. @default the position */
	readonly valueAt?: (position: number) => number;
	/** The position of a number. @default the number */
	readonly positionOf?: (value: number) => number;
	/** The number in words. */
	readonly text: (value: number) => string;
	readonly onChange: () => void;
}

/** A slider of the page, with its number in words and in the address. */
export function slider(options: SliderOptions): Control<number> {
	const { id, key, initial, valueAt = (x) => x, positionOf = (x) => x, text, onChange } = options;
	const input = byId(id, HTMLInputElement);
	const output = byId(`${id}-value`, HTMLElement);
	let value = initial;
	const show = () => {
		const words = text(value);
		output.textContent = words;
		input.setAttribute("aria-valuetext", words);
	};
	const take = (given: number) => {
		const wanted = String(positionOf(given));
		input.value = wanted;
		// Between two positions the number itself counts; outside the slider, its end.
		const position = Number(input.value);
		const outside = Number(wanted) < Number(input.min) || Number(wanted) > Number(input.max);
		value = outside ? valueAt(position) : given;
		show();
	};
	input.addEventListener("input", () => {
		value = valueAt(Number(input.value));
		show();
		stateChanged();
		onChange();
	});
	remember(key, {
		read: () => (value === initial ? undefined : String(value)),
		apply: (given) => {
			const number = given === undefined || given === "" ? Number.NaN : Number(given);
			const next = Number.isFinite(number) ? number : initial;
			if (next === value && output.textContent !== "") return;
			const started = output.textContent !== "";
			take(next);
			if (started) onChange();
		},
	});
	return {
		get value() {
			return value;
		},
		set(next) {
			take(next);
			stateChanged();
		},
	};
}

/** A choice of the page among words, in the address. */
export function choice<Word extends string>(options: {
	readonly id: string;
	readonly key: string;
	readonly onChange: () => void;
}): Control<Word> {
	const { id, key, onChange } = options;
	const select = byId(id, HTMLSelectElement);
	const initial = select.value;
	let started = false;
	select.addEventListener("change", () => {
		stateChanged();
		onChange();
	});
	remember(key, {
		read: () => (select.value === initial ? undefined : select.value),
		apply: (given) => {
			const known = [...select.options].some((option) => option.value === given);
			const next = known && given !== undefined ? given : initial;
			if (select.value === next) return;
			select.value = next;
			if (started) onChange();
		},
	});
	started = true;
	return {
		get value() {
			return select.value as Word;
		},
		set(next) {
			select.value = next;
			stateChanged();
		},
	};
}
