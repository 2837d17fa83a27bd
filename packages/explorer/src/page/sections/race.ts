import { shortNumber } from "@attgrad/matrix-core";
import type { Lap, RaceEvent, Racer } from "../../worker/tasks/race.ts";
import { Calculator, Failure, inWords, Stopped } from "../calculator.ts";
import { type Curve, drawChart, legend } from "../charts/line-chart.ts";
import { slider } from "../controls.ts";
import { byId, make, say } from "../elements.ts";
import { tenTo } from "../words.ts";

/** The n at which two racers take the same time, between two sizes that both ran: straight lines on logarithmic axes. */
export function crossover(laps: readonly Lap[]): number | undefined {
	const ratios = laps.flatMap((lap) => {
		const other = laps.find(({ n, racer }) => n === lap.n && racer === "certified");
		return lap.racer === "exact" && other ? [{ n: lap.n, log: Math.log(lap.milliseconds / other.milliseconds) }] : [];
	});
	// The last change counts: at small n times are those of the call itself.
	for (let i = ratios.length - 1; i > 0; i--) {
		const [before, after] = [ratios[i - 1], ratios[i]];
		if (!before || !after || before.log > 0 || after.log <= 0) continue;
		return before.n * (after.n / before.n) ** (-before.log / (after.log - before.log));
	}
	return undefined;
}

/** Sizes that a race goes through. */
const sizes = Array.from({ length: 13 }, (_, i) => 2 ** (7 + i));

/** Milliseconds of a race. */
const BUDGET = 10_000;

const names: Readonly<Record<Racer, string>> = { exact: "exact, time n²", certified: "certified, time n · K" };
const forms = { exact: { colour: 1, form: "circles" }, certified: { colour: 2, form: "squares" } } as const;
const racers = ["exact", "certified"] as const;
const bases = { gauss: "rows' own", chebyshev: "Chebyshev" } as const;

const milliseconds = (time: number): string =>
	time >= 1000
		? `${(time / 1000).toFixed(1)} s`
		: time >= 100
			? `${Math.round(time)} ms`
			: `${shortNumber(Number(time.toPrecision(2)))} ms`;

/** Starts the section. */
export function startRace(): void {
	const calculator = new Calculator();
	const [start, stop] = [byId("race-start", HTMLButtonElement), byId("race-stop", HTMLButtonElement)];
	const laps: Lap[] = [];
	const changed = () => {
		calculator.stop();
		laps.length = 0;
		show(laps);
		command();
	};
	const d = slider({ id: "race-d", key: "r.d", initial: 4, text: String, onChange: changed });
	const B = slider({ id: "race-B", key: "r.B", initial: 0.5, text: String, onChange: changed });
	const epsilon = slider({
		id: "race-epsilon",
		key: "r.eps",
		initial: 1e-6,
		valueAt: (power) => Number(`1e${power}`),
		positionOf: Math.log10,
		text: tenTo,
		onChange: changed,
	});
	const command = () => showCommand({ d: d.value, B: B.value, epsilon: epsilon.value }, laps);
	const bars = new Bars();
	const running = (isRunning: boolean) => {
		start.disabled = isRunning;
		stop.disabled = !isRunning;
	};
	const race = async () => {
		running(true);
		laps.length = 0;
		show(laps);
		say("race-said", "warming up");
		const request = { d: d.value, B: B.value, epsilon: epsilon.value, seed: 1, sizes, budget: BUDGET };
		try {
			const { answer, kernel, threads } = await calculator.run("race", request, {
				onEvent(event) {
					bars.take(event);
					if (event.kind === "start") say("race-said", `${event.racer}, n = ${event.n.toLocaleString("en")}`);
					else {
						laps.push(event.lap);
						show(laps);
					}
				},
			});
			command();
			say("race-said", conclusion(answer.laps, answer.reasons, machineText(kernel, threads)));
		} catch (error) {
			if (error instanceof Stopped)
				say("race-said", laps.length > 0 ? `stopped; ${conclusion(laps, {}, undefined)}` : "stopped");
			else if (error instanceof Failure) say("race-said", inWords(error), { error: true });
			else throw error;
		} finally {
			bars.end();
			running(false);
			byId("race-chart", HTMLElement).dataset["ended"] = String(laps.length);
		}
	};
	start.addEventListener("click", () => void race());
	stop.addEventListener("click", () => calculator.stop());
	legend(
		byId("race-legend", HTMLElement),
		racers.map((racer) => ({ name: names[racer], ...forms[racer] })),
	);
	running(false);
	show(laps);
	command();
	new ResizeObserver(() => show(laps)).observe(byId("race-chart", HTMLElement));
}

/** The lines that do the same with the command, at n = 16,384 or the largest size that ran. */
function showCommand(
	{ d, B, epsilon }: { readonly d: number; readonly B: number; readonly epsilon: number },
	laps: readonly Lap[],
): void {
	const certified = laps.filter(({ racer }) => racer === "certified");
	const lap = certified.find(({ n }) => n === 16384) ?? certified.at(-1);
	const how = lap ? `--basis ${lap.basis} --degree ${lap.degree}` : `--epsilon ${epsilon}`;
	byId("race-command", HTMLElement).textContent =
		`npx attgrad generate -n ${lap?.n ?? 16384} -d ${d} -B ${B} --seed 1 --out problem.npz\n` +
		`npx attgrad gradient problem.npz --algorithm polynomial/moment ${how}`;
}

const machineText = (kernel: string, threads: number): string =>
	`kernel ${kernel}, ${threads === 1 ? "one thread" : `${threads} threads`}`;

function conclusion(
	laps: readonly Lap[],
	reasons: Partial<Record<Racer, string>>,
	machine: string | undefined,
): string {
	const at = crossover(laps);
	const last = racers.flatMap((racer) => laps.findLast((lap) => lap.racer === racer) ?? []);
	const reach = last.map(
		({ racer, n, milliseconds: time }) => `${racer} up to n = ${n.toLocaleString("en")} in ${milliseconds(time)}`,
	);
	const why =
		reasons.certified !== undefined && reasons.certified !== "time is up"
			? ` The certified racer left: ${reasons.certified}.`
			: "";
	return (
		(at === undefined
			? "No crossover at these sizes"
			: `The curves cross at n ≈ ${Math.round(at).toLocaleString("en")}`) +
		`; ${reach.join(", ")}${machine === undefined ? "" : ` (${machine})`}.${why}`
	);
}

/** Times as bars while they run. */
class Bars {
	#running: { readonly racer: Racer; readonly from: number; readonly n: number } | undefined;
	#longest = 1;
	#frame = 0;

	take(event: RaceEvent): void {
		cancelAnimationFrame(this.#frame);
		if (event.kind === "start") {
			this.#running = { racer: event.racer, from: performance.now(), n: event.n };
			if (event.racer === "exact") this.#longest = event.expected ?? 1;
			this.#longest = Math.max(this.#longest, event.expected ?? 0);
			this.#tick();
			return;
		}
		const { racer, n, milliseconds: time } = event.lap;
		this.#longest = Math.max(this.#longest, time);
		this.#running = undefined;
		this.#draw(racer, n, time);
	}

	end(): void {
		cancelAnimationFrame(this.#frame);
		this.#running = undefined;
	}

	#tick(): void {
		if (!this.#running) return;
		const { racer, n, from } = this.#running;
		this.#draw(racer, n, performance.now() - from);
		this.#frame = requestAnimationFrame(() => this.#tick());
	}

	#draw(racer: Racer, n: number, time: number): void {
		const bar = byId(`race-bar-${racer}`, HTMLElement);
		bar.style.width = `${Math.min(100, (100 * time) / this.#longest).toFixed(1)}%`;
		byId(`race-time-${racer}`, HTMLElement).textContent = `n = ${n.toLocaleString("en")}: ${milliseconds(time)}`;
	}
}

function show(laps: readonly Lap[]): void {
	const curve = (racer: Racer): Curve => ({
		name: names[racer],
		...forms[racer],
		points: laps.filter((lap) => lap.racer === racer).map((lap) => [lap.n, lap.milliseconds]),
	});
	const exact = laps.findLast((lap) => lap.racer === "exact");
	const certified = laps.findLast((lap) => lap.racer === "certified");
	const beyond: Curve[] =
		exact && certified && certified.n > exact.n
			? [
					{
						name: "exact, expected",
						colour: 1,
						form: "dashed",
						points: [exact.n, certified.n].map((n) => [n, exact.milliseconds * (n / exact.n) ** 2]),
					},
				]
			: [];
	const at = crossover(laps);
	drawChart(byId("race-chart", HTMLElement), {
		description:
			laps.length === 0
				? "Empty chart: time of a gradient against n. Start the race to fill it."
				: `Time of a gradient against n, ${laps.length} points. ${conclusion(laps, {}, undefined)}`,
		x: { title: "sequence length n", scale: { kind: "log", from: 100, to: 2 ** 19 * 1.3 }, ticks: "powers of two" },
		y: { title: "milliseconds", scale: { kind: "log", from: 0.1, to: 20_000 }, ticks: "decades" },
		curves: [...beyond, ...racers.map(curve)],
		...(at !== undefined && { rules: [{ x: at, text: `n ≈ ${Math.round(at).toLocaleString("en")}` }] }),
	});
	showTable(laps);
}

function showTable(laps: readonly Lap[]): void {
	const rows = [...Map.groupBy(laps, ({ n }) => n)].map(([n, own]) => {
		const [exact, certified] = racers.map((racer) => own.find((lap) => lap.racer === racer));
		const cells = [
			n.toLocaleString("en"),
			exact ? milliseconds(exact.milliseconds) : "–",
			certified ? milliseconds(certified.milliseconds) : "–",
			certified?.basis === undefined ? "–" : bases[certified.basis],
			certified?.degree === undefined ? "–" : String(certified.degree),
			certified?.rank === undefined ? "–" : String(certified.rank),
			certified?.bound === undefined ? "–" : shortNumber(certified.bound),
			certified?.error === undefined ? "–" : shortNumber(certified.error),
			own[0] ? String(certified?.loss ?? exact?.loss) : "–",
		];
		const row = make(
			"tr",
			{ "data-n": String(n) },
			...cells.map((text, i) => make(i === 0 ? "th" : "td", i === 0 ? { scope: "row" } : {}, text)),
		);
		return row;
	});
	byId("race-rows", HTMLElement).replaceChildren(...rows);
}
