import { shortDuration } from "@attgrad/matrix-core";

/** Milliseconds between two reports where standard error is no terminal: a log should not fill up. */
const LOG_EVERY = 10_000;

/** The part of a stream that the line uses. */
export interface ProgressStream {
	readonly isTTY?: boolean;
	write(text: string): unknown;
}

/**
 * Tells on standard error how far a computation is: a line that is overwritten on a terminal, and elsewhere a line every ten
 * seconds. A preparation is told by its name and its own share, for what comes after it is not known yet. From then on the
 * share done, rows a second and the time left are those of the whole, with the time of the preparation: what is left will go
 * as fast as the work since then. Work that restarts counts as another round: "round 2 of 3" where more than one is expected.
 * Notices are lines that stay, as soon as they come.
 * @param now the clock, milliseconds
 */
export function progressLine(stream: ProgressStream = process.stderr, now = () => performance.now()) {
	const state = new ComputationState(now());
	let next = now() + LOG_EVERY;
	let shown = false;
	return {
		show(done: number, total: number, preparation?: string): void {
			const time = now();
			const text = state.take(time, done, total, preparation);
			if (text === undefined || (!stream.isTTY && time < next)) return;
			stream.write(stream.isTTY ? `\r${text}\x1b[K` : `${text}\n`);
			shown = Boolean(stream.isTTY);
			next = time + LOG_EVERY;
		},
		/** Writes a line that stays. */
		notice(line: string): void {
			stream.write(shown ? `\r\x1b[K${line}\n` : `${line}\n`);
			shown = false;
		},
		/** Expects so many rounds more. */
		expectMore(count: number): void {
			state.expectMore(count);
		},
		clear(): void {
			if (shown) stream.write("\r\x1b[K");
			shown = false;
		},
	};
}

/** The state of a computation as a whole, from its reports. */
class ComputationState {
	#round = 1;
	#expected = 1;
	/** When the round began, and when its work did, after what is prepared; undefined while it is prepared. */
	#begin: number;
	#work: { readonly time: number; readonly done: number } | undefined;
	#done = 0;
	#last: number;
	#percent = 0;

	constructor(time: number) {
		this.#begin = time;
		this.#last = time;
		this.#work = { time, done: 0 };
	}

	expectMore(count: number): void {
		this.#expected += count;
	}

	/** Takes a report in; gives the text, undefined while there is nothing to tell by. */
	take(time: number, done: number, total: number, preparation: string | undefined): string | undefined {
		const isAnew = preparation === undefined ? done < this.#done : this.#done > 0;
		if (isAnew) {
			this.#round++;
			this.#begin = this.#last;
			this.#percent = 0;
		}
		this.#last = time;
		const expected = Math.max(this.#expected, this.#round);
		const round = expected > 1 ? `round ${this.#round} of ${expected}: ` : "";
		if (preparation !== undefined) {
			this.#work = undefined;
			this.#done = 0;
			return `${round}${preparation} ${Math.floor((100 * done) / total)} %`;
		}
		if (isAnew || !this.#work) this.#work = { time, done };
		this.#done = done;
		const taken = time - this.#work.time;
		const advanced = done - this.#work.done;
		if (!(taken > 0 && advanced > 0)) return undefined;
		const elapsed = time - this.#begin;
		const left = ((total - done) * taken) / advanced;
		this.#percent = Math.max(this.#percent, Math.floor((100 * elapsed) / (elapsed + left)));
		const rate = Math.round((1000 * total) / (elapsed + left)).toLocaleString("en");
		return `${round}${this.#percent} % done, ${rate} rows/s, ${shortDuration(1000 * Math.ceil(left / 1000))} left`;
	}
}
