import { once } from "node:events";
import { type Runtime, totalMemory, UsageError } from "@attgrad/matrix-core";
import manifest from "../../../package.json" with { type: "json" };
import { type GivenFlags, readFlags } from "../../flags/flags.ts";
import { openRuntime } from "../../flags/runtime-flags.ts";
import { type Answer, answerBytes, describeServeFailure, errorBytes } from "./answer.ts";
import { serveFlags } from "./flags.ts";
import { Input, TruncatedInput } from "./input.ts";
import { findMethod, methodNames } from "./methods/index.ts";
import { isRunning, watchParent } from "./parent.ts";
import { Requests, type ServeRequest, type Unreadable } from "./request.ts";
import { ResultMemory } from "./result-memory.ts";
import { standardInput } from "./standard-input.ts";

/** Raised when a client of before would be misled. */
const PROTOCOL = 1;

const MEBIBYTE = 2 ** 20;

/** The server that requests are put to. */
interface Server {
	readonly runtime: Runtime;
	/** Of the runtime. */
	readonly results: ResultMemory;
	/** Of the arrays of a request. */
	readonly mostBytes: number;
}

/**
 * Answers the requests on standard input, one after the other and in their order, until it ends or the parent process does. The runtime
 * and compiled kernels are kept from one to the next. A request that fails is answered with an error, and the next one is read.
 * @throws UsageError for a wrong call, and for input that ends within a request
 */
export async function serve(given: GivenFlags): Promise<void> {
	const { threads, kernel, memory, parent } = readFlags(serveFlags, given);
	if (parent !== undefined && !isRunning(parent)) throw new UsageError(`--parent ${parent}: there is no such process`);
	const results = new ResultMemory();
	const runtime = await openRuntime({ threads, kernel }, undefined, (dtype, length) => results.allocate(dtype, length));
	const mostBytes = Math.floor(memory === undefined ? totalMemory() / 4 : memory * MEBIBYTE);
	const unwatch = watchParent(parent, () => process.exit(0));
	try {
		await answerAll({ runtime, results, mostBytes });
	} finally {
		unwatch();
		await runtime.close();
	}
}

async function answerAll(server: Server): Promise<void> {
	const requests = new Requests(new Input(standardInput()), server.mostBytes);
	for (;;) {
		const request = await nextOf(requests);
		if (!request) return;
		const pieces = await answerOf(request, server);
		writeAll(pieces, server.results.endRequest());
		// A client may send requests ahead; what it has not read yet waits here, up to as much as one request may hold.
		if (process.stdout.writableLength > server.mostBytes) await once(process.stdout, "drain");
	}
}

/** Writes the pieces of an answer; calls `written` once the system has taken the last of them. */
function writeAll(pieces: readonly Uint8Array[], written: () => void): void {
	process.stdout.cork();
	for (const [at, piece] of pieces.entries())
		process.stdout.write(piece, (error) => {
			if (!error && at === pieces.length - 1) written();
		});
	process.stdout.uncork();
}

async function nextOf(requests: Requests): Promise<ServeRequest | Unreadable | undefined> {
	try {
		return await requests.next();
	} catch (error) {
		if (error instanceof TruncatedInput) throw new UsageError(`standard input: ${error.message}`);
		throw error;
	}
}

async function answerOf(request: ServeRequest | Unreadable, server: Server): Promise<Uint8Array[]> {
	if ("kind" in request) return errorBytes(request);
	const { id, method } = request;
	try {
		return answerBytes(id, await call(method, request, server));
	} catch (failure) {
		return errorBytes({ id, ...describeServeFailure(failure) });
	}
}

async function call(method: string, request: ServeRequest, { runtime, mostBytes }: Server): Promise<Answer> {
	if (method === "ping") return { result: {} };
	if (method === "version") {
		const { kernel, threads } = runtime;
		const { version } = manifest;
		return {
			result: { version, protocol: PROTOCOL, methods: methodNames, kernel, threads, mostBytes, pid: process.pid },
		};
	}
	const answer = await findMethod(method);
	return answer(request, runtime);
}
