import type { Argv, CommandModule } from "yargs";
import type { GivenFlags } from "../../flags/flags.ts";

/** `attgrad doctor`: what this machine offers, and what would make its measurements untrue. */
export const doctorVerb: CommandModule<unknown, GivenFlags> = {
	command: "doctor",
	describe: "Tell what this machine offers and what would disturb measurements on it",
	builder: (parser) =>
		parser
			.option("json", { type: "boolean", describe: "print one JSON object" })
			.example(
				"$0 doctor",
				"Node, kernels, threads, memory, and the programs that some parts can use",
			) as Argv<GivenFlags>,
	handler: async ({ json }) => {
		const { examineMachine, describeExamination } = await import("./run.ts");
		const examination = await examineMachine();
		console.log(json ? JSON.stringify(examination) : describeExamination(examination));
	},
};
