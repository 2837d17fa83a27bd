import type { Verb } from "../verb.ts";

/** `attgrad doctor`: this machine's capabilities, and conditions that would distort measurements. */
export const doctorVerb: Verb = {
	name: "doctor",
	summary: "Show this machine's capabilities and anything that would disturb measurements",
	examples: [["doctor", "Node, kernels, threads, memory, and the programs that some parts can use"]],
	flags: async () => [{ schema: (await import("../../flags/runtime-flags.ts")).jsonOnly }],
	run: async ({ json }) => {
		const { examineMachine, describeExamination } = await import("./run.ts");
		const examination = await examineMachine();
		console.log(json ? JSON.stringify(examination) : describeExamination(examination));
	},
};
