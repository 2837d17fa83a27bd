import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseAnswers, requestBytes, startServer } from "../../testing/serve-client.ts";
import { answersTo, backward } from "../../testing/serve-layer.ts";

describe("the end", () => {
	test.concurrent.each([
		[
			"within arrays",
			backward(2).subarray(0, -5),
			/^attgrad serve: standard input: the input ends 5 bytes before the end/,
		],
		["within a line", backward(2).subarray(0, 9), /^attgrad serve: standard input: the input ends within a line\n$/],
	])("input that ends %s: what came before is answered, exit 2", async (_, bytes, message) => {
		const { answers, code, stderr } = await answersTo([backward(1), bytes]);
		expect(code).toBe(2);
		expect(stderr).toMatch(message);
		expect(answers.map(({ id }) => id)).toEqual([1]);
	});

	test.concurrent("empty input is answered by nothing", async () => {
		expect(await answersTo([])).toEqual({ answers: [], code: 0, stderr: "" });
	});

	test.concurrent("the server ends with the process that --parent names, though its input stays open", async () => {
		const parent = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
		const server = startServer("--parent", String(parent.pid));
		await server.send(requestBytes({ id: 1, method: "ping" }));
		await new Promise((resolve) => server.process.stdout.once("data", resolve));
		const ended = new Promise((resolve) => server.process.once("exit", resolve));
		parent.kill("SIGKILL");
		expect(await ended).toBe(0);
	});

	test.concurrent("the server ends with the process that started it, though its input stays open", async () => {
		const executable = fileURLToPath(new URL("../../../bin/attgrad.mjs", import.meta.url));
		const program = `require("node:child_process").spawn(process.execPath, [${JSON.stringify(executable)}, "serve"], { stdio: "inherit" })`;
		const starter = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
		const out: Buffer[] = [];
		starter.stdin.write(requestBytes({ id: 1, method: "version" }));
		await new Promise((resolve) => starter.stdout.on("data", (chunk) => resolve(out.push(chunk))));
		const closed = new Promise((resolve) => starter.stdout.once("close", resolve));
		starter.kill("SIGKILL");
		// closed once the server, which has it too, is gone
		await closed;
		expect(parseAnswers(Buffer.concat(out))[0]!.result.pid).not.toBe(starter.pid);
	});

	test.concurrent("a parent that does not exist is refused", async () => {
		const { code, stderr } = await startServer("--parent", "4194303").end();
		expect({ code, stderr }).toEqual({
			code: 2,
			stderr: "attgrad serve: --parent 4194303: there is no such process\n",
		});
	});
});
