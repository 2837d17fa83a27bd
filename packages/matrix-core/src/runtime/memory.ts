import { ComputationError } from "../errors.ts";
import type { Dtype, Numbers, RowSource } from "../matrix.ts";
import { CONTROL } from "./threads/control.ts";

/** Bytes that a 32-bit WebAssembly memory can have. */
export const LARGEST_MEMORY = 2 ** 32;

const PAGE = 65536;

/** Every allocation starts at a multiple of this: a cache line of most processors, a pair of lines on some. */
const ALIGNMENT = 128;

/**
 * The shared memory of all kernels and threads, handed out in order and taken back in reverse:
 * what was allocated since `mark` is gone after `release`.
 */
export class KernelMemory {
	readonly memory: WebAssembly.Memory;
	/** Bytes that may be used. */
	readonly limit: number;
	#top: number = CONTROL.end;

	/** @throws ComputationError out-of-memory when the address space cannot be reserved */
	constructor(limit: number = LARGEST_MEMORY) {
		this.limit = limit;
		try {
			this.memory = new WebAssembly.Memory({
				initial: CONTROL.end / PAGE,
				maximum: LARGEST_MEMORY / PAGE,
				shared: true,
			});
		} catch (cause) {
			throw outOfMemory(`cannot reserve 4 GiB of address space (${(cause as Error).message}); kernel js needs none`);
		}
	}

	/**
	 * Address of `bytes` bytes, 128-byte aligned, of unknown content; views made before are still good.
	 * @throws ComputationError out-of-memory when the memory cannot grow that far
	 */
	allocate(bytes: number): number {
		const address = this.#top;
		const top = address + Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
		if (!(top <= this.limit)) throw outOfMemory(`needs ${megabytes(top)} MB, the limit is ${megabytes(this.limit)} MB`);
		const pages = Math.ceil((top - this.memory.buffer.byteLength) / PAGE);
		if (pages > 0)
			try {
				this.memory.grow(pages);
			} catch (cause) {
				throw outOfMemory(`cannot grow to ${megabytes(top)} MB (${(cause as Error).message})`);
			}
		this.#top = top;
		return address;
	}

	/** Where the next allocation goes: what `release` takes. */
	mark(): number {
		return this.#top;
	}

	/** Takes back all that was allocated since `mark`. */
	release(mark: number): void {
		this.#top = mark;
	}

	/** View of `length` numbers at an address. */
	view(dtype: "f64", address: number, length: number): Float64Array;
	view(dtype: "f32", address: number, length: number): Float32Array;
	view(dtype: Dtype, address: number, length: number): Numbers;
	view(dtype: Dtype, address: number, length: number): Numbers {
		return dtype === "f64"
			? new Float64Array(this.memory.buffer, address, length)
			: new Float32Array(this.memory.buffer, address, length);
	}

	/** Reads rows from..to-1 of a source to an address, row-major, as `dtype`. */
	readRows(source: RowSource, from: number, to: number, dtype: Dtype, address: number): void {
		source.readRows(from, to, this.view(dtype, address, (to - from) * source.cols));
	}
}

function outOfMemory(why: string): ComputationError {
	return new ComputationError("out-of-memory", `kernel memory: ${why}`);
}

function megabytes(bytes: number): string {
	return (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
}
