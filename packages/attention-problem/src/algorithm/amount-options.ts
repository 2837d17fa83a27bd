import { readDuration, readMemory } from "@attgrad/matrix-core";
import { z } from "zod";

/** An option that takes a duration, `500ms`, `10s`, `2m`, `1h` or plain seconds; its value is in seconds. */
export const durationOption = z
	.preprocess((given) => {
		const milliseconds = typeof given === "string" ? readDuration(given) : undefined;
		return milliseconds === undefined ? given : milliseconds / 1000;
	}, z.number().positive())
	.meta({ expects: "a duration like 500ms, 10s or 2m" });

/** An option that takes an amount of memory, `512MB`, `4GB` or plain MiB; its value is in MiB. */
export const memoryOption = z
	.preprocess((given) => (typeof given === "string" ? (readMemory(given) ?? given) : given), z.number().positive())
	.meta({ expects: "an amount of memory like 512MB or 4GB" });
