import { expect, test } from "vitest";
import { flag, many, required, text, wholeNumber, wholeNumbers } from "./argument.ts";
import { scriptHelp } from "./script-help.ts";

test("the help has the call, what the script does, and every argument with its default", () => {
	const help = scriptHelp({
		call: "npm run attack",
		summary: "Attacks certificates.\n\nTargets are\n\tgradients.",
		positionals: { count: wholeNumber("attacks", { default: 10_000 }) },
		options: {
			n: wholeNumbers("tokens", { default: [8, 16] }),
			"a-name-that-is-so-long": text("file of the stretches that are done", { form: "path" }),
			write: flag(`write ${"words ".repeat(20)}`),
		},
	});
	expect(help).toBe(`usage: npm run attack -- [count] [options]

Attacks certificates.

Targets are gradients.

arguments:
  count                 attacks (default: 10000)

options:
  --n <N,N>             tokens (default: 8,16)
  --a-name-that-is-so-long <path>
                        file of the stretches that are done
  --write               write words words words words words words words words words words words
                        words words words words words words words words words
  -h, --help            print this help and do nothing else`);
});

test("a call without npm has no dashes; what is required and what may be several words is marked", () => {
	const positionals = { rank: required(wholeNumber("rank")), files: many(text("files")) };
	const help = scriptHelp({ call: "node bench.ts", summary: "Measures.", positionals });
	expect(help).toContain("usage: node bench.ts <rank> <files...> [options]\n");
	expect(help).toContain("  rank                  rank (required)\n");
});
