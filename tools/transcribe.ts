import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { required, scriptArguments, text } from "@attgrad/matrix-core/script-arguments";

const { document } = scriptArguments({
	call: "node tools/transcribe.ts",
	summary: `Runs the commands that a document shows (lines that begin with "$ " in its code blocks, and its Python blocks) in the current
		folder, in order, and prints what they print.

		What README.md shows of outputs is quoted from such a run: node tools/transcribe.ts README.md > results/reference/readme.txt && npm run quotes`,
	positionals: { document: required(text("file in Markdown")) },
});

for (const [, language, code] of readFileSync(document, "utf8").matchAll(/^```(\w*)\n(.*?)^```/gms)) {
	if (language === "python") run("python3 -", code);
	else for (const line of code.split("\n")) if (line.startsWith("$ ")) run(line.slice(2));
}

function run(command: string, input?: string): void {
	process.stdout.write(input === undefined ? `$ ${command}\n` : `$ python3\n`);
	const { status, stdout, stderr } = spawnSync("bash", ["-c", command], { input, encoding: "utf8" });
	process.stdout.write(stdout + stderr);
	if (status !== 0) process.stdout.write(`exit ${status}\n`);
}
