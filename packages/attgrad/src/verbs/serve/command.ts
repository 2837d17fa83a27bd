import type { Verb } from "../verb.ts";

/** `attgrad serve`: answers requests of another program. */
export const serveVerb: Verb = {
	name: "serve",
	summary: "Answer requests of another program over standard input and output",
	examples: [
		["serve", "one thread; examples/python/attgrad.py starts it so"],
		["serve --threads 2 --memory 4GB", "two threads, requests of at most 4 GB"],
	],
	epilogue: "docs/serve.md describes requests and answers.",
	flags: async () => [{ schema: (await import("./flags.ts")).serveFlags }],
	run: async (given) => {
		const { serve } = await import("./run.ts");
		await serve(given);
	},
};
