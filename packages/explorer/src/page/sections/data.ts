import type { MaskName } from "@attgrad/attention-problem";
import type { FileAnswer, Method } from "../../worker/tasks/data.ts";
import { Calculator, Failure, inWords, Stopped } from "../calculator.ts";
import { diverging } from "../charts/colours.ts";
import { drawPicture, readEntries } from "../charts/heat-map.ts";
import { choice, slider } from "../controls.ts";
import { byId, make, say, showLines } from "../elements.ts";
import { tenTo } from "../words.ts";
import { clearHeads, showHeads, startHeads } from "./heads-view.ts";

interface Dropped {
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** Largest file that is read into the page, bytes. */
const LARGEST = 2 ** 30;

/** Starts the section. */
export function startData(): void {
	const run = oneAtATime();
	let file: Dropped | "example" | undefined;
	let shown: FileAnswer | undefined;
	const compute = () => {
		if (!file) return;
		clear();
		clearHeads();
		const given = file;
		const settings = { method: method.value, epsilon: epsilon.value, mask: mask.value };
		const name = given === "example" ? "the example" : given.name;
		void run(file, name, `computing the gradient of ${name}`, async (calculator, onProgress) => {
			const request = { ...settings, ...(given !== "example" && { file: given }) };
			const { answer } = await calculator.run("data", request, { onProgress });
			shown = answer;
			show(answer);
		});
	};
	const locate = () => {
		if (!file || file === "example") return;
		clearHeads();
		const given = file;
		void run(file, file.name, `locating the heads of ${file.name}`, async (calculator, onProgress) => {
			const request = { file: given, epsilon: delta.value };
			const onEvent = ({ done, total }: { done: number; total: number }) => onProgress(done / total);
			showHeads((await calculator.run("locate", request, { onEvent })).answer);
		});
	};
	const method = choice<Method>({ id: "data-method", key: "d.method", onChange: compute });
	const power = { valueAt: (power: number) => Number(`1e${power}`), positionOf: Math.log10, text: tenTo };
	const epsilon = slider({ id: "data-epsilon", key: "d.eps", initial: 1e-6, ...power, onChange: () => {} });
	const delta = slider({ id: "data-delta", key: "d.delta", initial: 1e-2, ...power, onChange: () => {} });
	const mask = choice<MaskName>({ id: "data-mask", key: "d.mask", onChange: compute });
	const take = (given: Dropped | "example") => {
		file = given;
		compute();
	};
	receiveFiles(take);
	startHeads();
	byId("data-example", HTMLButtonElement).addEventListener("click", () => take("example"));
	byId("data-again", HTMLButtonElement).addEventListener("click", compute);
	byId("data-locate", HTMLButtonElement).addEventListener("click", locate);
	readEntries(byId("data-gradient", HTMLCanvasElement), (row, col) => {
		const { rows = 0, cols = 0, name = "", data } = shown?.picture ?? {};
		if (row < rows && col < cols) say("data-entry", `${name}[${row}, ${col}] = ${data?.[row * cols + col]}`);
	});
}

/** Work on a file: told of its progress, it shows its answer. */
type FileWork = (calculator: Calculator, onProgress: (done: number) => void) => Promise<void>;

/** Runs one computation on a file at a time: a new one stops the one before, and so does the button. */
function oneAtATime() {
	const calculator = new Calculator();
	const [stop, again, locate] = ["data-stop", "data-again", "data-locate"].map((id) => byId(id, HTMLButtonElement));
	let runs = 0;
	stop?.addEventListener("click", () => calculator.stop());
	return async (file: Dropped | "example", name: string, doing: string, work: FileWork): Promise<void> => {
		const run = ++runs;
		calculator.stop();
		const running = (isRunning: boolean) => {
			if (stop) stop.disabled = !isRunning;
			if (again) again.disabled = isRunning;
			if (locate) locate.disabled = isRunning || file === "example";
		};
		running(true);
		const tell = (text: string, error = false) => run === runs && say("data-said", text, { error });
		tell(`${doing} …`);
		try {
			await work(calculator, (done) => tell(`${doing}: ${10 * Math.floor(10 * done)} %`));
			tell(`${name}: done`);
		} catch (error) {
			if (error instanceof Stopped) tell("stopped");
			else if (error instanceof Failure) tell(inWords(error), true);
			else throw error;
		} finally {
			if (run === runs) running(false);
		}
	};
}

/** Hands over files that are chosen or dropped. */
function receiveFiles(take: (file: Dropped) => void): void {
	const receive = async (given: File | undefined) => {
		if (!given) return;
		const { name, size } = given;
		if (size <= LARGEST) take({ name, bytes: new Uint8Array(await given.arrayBuffer()) });
		else
			say("data-said", `${name}: ${size} bytes; this page takes at most 1 GiB, attgrad gradient takes more`, {
				error: true,
			});
	};
	const input = byId("data-file", HTMLInputElement);
	input.addEventListener("change", () => void receive(input.files?.[0]));
	const zone = byId("data-zone", HTMLElement);
	for (const name of ["dragover", "dragleave", "drop"] as const)
		zone.addEventListener(name, (event) => {
			event.preventDefault();
			zone.classList.toggle("over", name === "dragover");
			if (name === "drop") void receive(event.dataTransfer?.files[0]);
		});
}

function clear(): void {
	showLines("data-lines", []);
	byId("data-downloads", HTMLElement).replaceChildren();
	byId("data-picture", HTMLElement).hidden = true;
	say("data-entry", "");
}

function show({ lines, picture, downloads }: FileAnswer): void {
	showLines("data-lines", lines);
	const { rows, cols, data, name } = picture;
	const most = data.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0) || 1;
	byId("data-picture", HTMLElement).hidden = false;
	const canvas = byId("data-gradient", HTMLCanvasElement);
	canvas.setAttribute("aria-label", `${name} as a picture, ${rows} x ${cols}; arrow keys read entries`);
	drawPicture(canvas, { rows, cols, shares: (at) => 0.5 + (0.5 * (data[at] ?? 0)) / most, colours: diverging });
	byId("data-downloads", HTMLElement).replaceChildren(
		...downloads.map(({ name: file, bytes }) =>
			make(
				"a",
				{
					class: "button",
					download: file,
					href: URL.createObjectURL(new Blob([bytes.slice()], { type: "application/octet-stream" })),
				},
				`Download ${file}`,
			),
		),
	);
}
