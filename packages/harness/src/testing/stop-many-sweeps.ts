import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seededRandom } from "@attgrad/matrix-core";
import { scriptArguments, wholeNumber } from "@attgrad/matrix-core/script-arguments";
import { stopping, stopSweep } from "./stop-sweep.ts";
import { ended, startSweep, tinyRows } from "./sweep-process.ts";

const { sweeps } = scriptArguments({
	call: "npm run soak",
	summary: "Stops sweeps by every signal at random moments, and checks what they leave: every row, once.",
	positionals: { sweeps: wholeNumber("how many", { default: 50 }) },
});
const options = { overrides: { algorithm: ["honest", "rough"], n: [4, 8] } };
const folder = mkdtempSync(join(tmpdir(), "attgrad-stopped-"));
try {
	const undisturbed = join(folder, "undisturbed");
	const begin = performance.now();
	await ended(startSweep(undisturbed, options));
	const duration = performance.now() - begin;
	const keys = (out: string) =>
		tinyRows(out)
			.map(({ key }) => key)
			.sort()
			.join();
	let stops = 0;
	for (let number = 0; number < sweeps; number++) {
		const out = join(folder, `sweep-${number}`);
		const random = seededRandom(number, "stops");
		stops += await stopSweep(out, stopping[number % stopping.length], { random, duration, options });
		if (keys(out) !== keys(undisturbed))
			throw new Error(`sweep ${number}: its rows are not those of an undisturbed one`);
		console.error(`${number + 1} of ${sweeps} sweeps, ${stops} stops`);
	}
	console.log(`${sweeps} sweeps were stopped ${stops} times; every row is there once`);
} finally {
	rmSync(folder, { recursive: true, force: true });
}
