import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type ArrayBytes, npyBytes } from "./archives.ts";

/** The command. */
export const executable = fileURLToPath(new URL("../../bin/attgrad.mjs", import.meta.url));

/** An answer of `attgrad serve`, with the bytes of its arrays. */
export interface Answered {
	readonly id: unknown;
	// biome-ignore lint/suspicious/noExplicitAny: any JSON
	readonly result?: any;
	readonly error?: { readonly kind: string; readonly message: string };
	readonly arrays: Readonly<Record<string, Buffer>>;
}

/** A process of `attgrad serve`, and its end. */
export interface Served {
	readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
	/** Writes bytes to it, in pieces of so many. */
	send(bytes: Uint8Array, piece?: number): Promise<void>;
	/** Ends its input, and gives all that it has answered once it has ended. */
	end(): Promise<{ readonly answers: Answered[]; readonly code: number | null; readonly stderr: string }>;
}

/** Starts the real command in a process of its own. */
export function startServer(...flags: string[]): Served {
	const child = spawn(process.execPath, [executable, "serve", ...flags], { stdio: ["pipe", "pipe", "pipe"] });
	const out: Buffer[] = [];
	let stderr = "";
	child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
	child.stderr.setEncoding("utf8").on("data", (text: string) => {
		stderr += text;
	});
	child.stdin.on("error", () => {});
	const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
	return {
		process: child,
		async send(bytes, piece = bytes.length) {
			for (let at = 0; at < bytes.length; at += piece) {
				child.stdin.write(bytes.subarray(at, at + piece));
				// each piece is a read of its own
				if (piece < bytes.length) await new Promise((resolve) => setImmediate(resolve));
			}
		},
		async end() {
			child.stdin.end();
			const code = await closed;
			return { answers: parseAnswers(Buffer.concat(out)), code, stderr };
		},
	};
}

/** The bytes of a request. */
export function requestBytes(given: object, arrays: Readonly<Record<string, ArrayBytes | Uint8Array>> = {}): Buffer {
	const encoded = Object.entries(arrays).map(
		([name, array]) => [name, array instanceof Uint8Array ? array : npyBytes(array)] as const,
	);
	const lengths = encoded.map(([name, bytes]) => ({ name, bytes: bytes.length }));
	return Buffer.concat([
		Buffer.from(`${JSON.stringify({ ...given, arrays: lengths })}\n`),
		...encoded.map(([, bytes]) => bytes),
	]);
}

/** All answers in an output that holds nothing else. */
export function parseAnswers(output: Buffer): Answered[] {
	const answers: Answered[] = [];
	for (let at = 0; at < output.length; ) {
		const end = output.indexOf(10, at);
		const { arrays, ...answer } = JSON.parse(output.toString("utf8", at, end)) as Answered & {
			arrays: { name: string; bytes: number }[];
		};
		at = end + 1;
		const read: Record<string, Buffer> = {};
		for (const { name, bytes } of arrays) {
			if (at + bytes > output.length) throw new Error(`the answer ends within ${name}`);
			read[name] = output.subarray(at, at + bytes);
			at += bytes;
		}
		answers.push({ ...answer, arrays: read });
	}
	return answers;
}

/** The numbers of a `.npy` array of doubles. */
export function doublesOf(npy: Buffer): Float64Array {
	const header = 10 + npy.readUInt16LE(8);
	return new Float64Array(Uint8Array.from(npy.subarray(header)).buffer);
}
