import type { MaskName } from "@attgrad/attention-problem";
import type { FileAnswer, Method } from "../../worker/tasks/data.ts";
import { Calculator, Failure, inWords, Stopped } from "../calculator.ts";
import { diverging } from "../charts/colours.ts";
import { drawPicture, readEntries } from "../charts/heat-map.ts";
import { choice, slider } from "../controls.ts";
import { byId, make, say, showLines } from "../elements.ts";
import { tenTo } from "../words.ts";

interface Dropped {
	readonly name: string;
	readonly bytes: Uint8Array;
}

/** Largest file that is read into the page, bytes. */
const LARGEST = 2 ** 30;

/** Starts the section. */
export function startData(): void {
	const calculator = new Calculator();
	const [stop, again] = [byId("data-stop", HTMLButtonElement), byId("data-again", HTMLButtonElement)];
	let file: Dropped | "example" | undefined;
	let shown: FileAnswer | undefined;
	const method = choice<Method>({ id: "data-method", key: "d.method", onChange: () => void compute() });
	const epsilon = slider({
		id: "data-epsilon",
		key: "d.eps",
		initial: 1e-6,
		valueAt: (power) => Number(`1e${power}`),
		positionOf: Math.log10,
		text: tenTo,
		onChange: () => {},
	});
	const mask = choice<MaskName>({ id: "data-mask", key: "d.mask", onChange: () => void compute() });
	let runs = 0;
	const running = (isRunning: boolean) => {
		stop.disabled = !isRunning;
		again.disabled = isRunning || file === undefined;
	};
	const compute = async () => {
		if (!file) return;
		const run = ++runs;
		calculator.stop();
		running(true);
		clear();
		const name = file === "example" ? "the example" : file.name;
		const tell = (text: string, error = false) => run === runs && say("data-said", text, { error });
		tell(`computing the gradient of ${name} …`);
		const settings = { method: method.value, epsilon: epsilon.value, mask: mask.value };
		try {
			const { answer } = await calculator.run(
				"data",
				{ ...settings, ...(file !== "example" && { file }) },
				{ onProgress: (done) => tell(`computing the gradient of ${name}: ${10 * Math.floor(10 * done)} %`) },
			);
			shown = answer;
			tell(`${name}: done`);
			show(answer);
		} catch (error) {
			if (error instanceof Stopped) tell("stopped");
			else if (error instanceof Failure) tell(inWords(error), true);
			else throw error;
		} finally {
			if (run === runs) running(false);
		}
	};
	const take = (given: Dropped | "example") => {
		file = given;
		void compute();
	};
	receiveFiles(take);
	byId("data-example", HTMLButtonElement).addEventListener("click", () => take("example"));
	stop.addEventListener("click", () => calculator.stop());
	again.addEventListener("click", () => void compute());
	readEntries(byId("data-gradient", HTMLCanvasElement), (row, col) => {
		const { rows = 0, cols = 0, name = "", data } = shown?.picture ?? {};
		if (row < rows && col < cols) say("data-entry", `${name}[${row}, ${col}] = ${data?.[row * cols + col]}`);
	});
	running(false);
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
