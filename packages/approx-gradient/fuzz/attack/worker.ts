import { parentPort } from "node:worker_threads";
import { attack } from "./attack.ts";
import { newTally, note } from "./tally.ts";

/** A stretch of seeds. */
export interface Stretch {
	readonly from: number;
	readonly to: number;
	/** Name of the only target that is attacked. @default all */
	readonly target?: string | undefined;
}

/** Takes stretches of seeds and answers each with its tally. */
parentPort?.on("message", async ({ from, to, target }: Stretch) => {
	const tally = newTally();
	for (let seed = from; seed < to; seed++) note(tally, await attack(seed, target));
	parentPort?.postMessage(tally);
});
