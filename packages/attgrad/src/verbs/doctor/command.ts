import type { Verb } from "../verb.ts";

/** `attgrad doctor`: what this machine offers, and what would make its measurements untrue. */
export const doctorVerb: Verb = {
	name: "doctor",
	summary: "Tell what this machine offers and what would disturb measurements on it",
	examples: [["doctor", "Node, kernels, threads, memory, and the programs that some parts can use"]],
	flags: async () => [{ schema: (await import("../../flags/runtime-flags.ts")).jsonOnly }],
	run: async ({ json }) => {
		const { examineMachine, describeExamination } = await import("./run.ts");
		const examination = await examineMachine();
		console.log(json ? JSON.stringify(examination) : describeExamination(examination));
	},
};
