import { afterEach, expect, test, vi } from "vitest";
import { UsageError } from "../errors.ts";
import { probeKernels } from "../probe-kernels.ts";
import { kernelNames } from "./builds.ts";
import { availableKernels, kernelsAreBuilt } from "./choice.ts";
import { createRuntime } from "./runtime.ts";

afterEach(() => vi.unstubAllEnvs());

test("every machine has plain TypeScript, and this engine 128-bit vectors with fused multiply-add", async () => {
	expect((await availableKernels()).slice(0, 3)).toEqual(["js", "simd", "fma"]);
});

test("every kernel that this machine has can be asked for by name", async () => {
	for (const kernel of await availableKernels()) {
		const runtime = await createRuntime({ kernel });
		expect(runtime.kernel).toBe(kernel);
		await runtime.close();
	}
});

test("a kernel that is asked for by name is had however busy the machine is", async () => {
	// By this clock whatever runs later takes longer: no build is faster than the one before it.
	let now = 1;
	const clock = vi.spyOn(performance, "now").mockImplementation(() => {
		now *= 2;
		return now;
	});
	vi.resetModules();
	const { availableKernels: timed, rightKernels } = await import("./choice.ts");
	const { createRuntime: create } = await import("./runtime.ts");
	expect(await timed()).toEqual(["js", "simd", "fma"]);
	for (const kernel of await rightKernels()) expect((await create({ kernel })).kernel).toBe(kernel);
	clock.mockRestore();
	expect(await rightKernels()).toEqual(expect.arrayContaining([...(await availableKernels())]));
});

test("without a wish the runtime takes the fastest kernel", async () => {
	vi.stubEnv("ATTGRAD_KERNEL", "");
	const runtime = await createRuntime();
	expect(runtime.kernel).toBe((await availableKernels()).at(-1));
	await runtime.close();
});

test.each(["js", "simd", "fma"])("ATTGRAD_KERNEL=%s chooses the kernel", async (kernel) => {
	vi.stubEnv("ATTGRAD_KERNEL", kernel);
	const runtime = await createRuntime();
	expect(runtime.kernel).toBe(kernel);
	await runtime.close();
});

test("an option goes before ATTGRAD_KERNEL", async () => {
	vi.stubEnv("ATTGRAD_KERNEL", "simd");
	expect((await createRuntime({ kernel: "js" })).kernel).toBe("js");
});

test("a kernel that does not exist is a usage error that lists those there are", async () => {
	vi.stubEnv("ATTGRAD_KERNEL", "avx");
	const message = `runtime: kernel avx is unknown (this machine has ${(await availableKernels()).join(", ")})`;
	await expect(createRuntime()).rejects.toThrow(new UsageError(message));
});

test.each([0, 1.5, -1, 1000])("%s threads are a usage error", async (threads) => {
	await expect(createRuntime({ threads })).rejects.toThrow(
		new UsageError(`runtime: threads must be a whole number 1 to 256, got ${threads}`),
	);
});

test("plain TypeScript works on one thread and says so", async () => {
	expect(await createRuntime({ kernel: "js", threads: 3 })).toMatchObject({ kernel: "js", threads: 1 });
});

test("the names of kernels start with the reference", () => {
	expect(kernelNames[0]).toBe("js");
});

test("an installation without builds is told from a machine that does not run them", () => {
	expect(kernelsAreBuilt()).toBe(true);
	expect(kernelsAreBuilt({ ...probeKernels, folder: new URL("file:///nowhere/") })).toBe(false);
});

test("where the system has no address space for kernels, plain TypeScript runs and says so", async () => {
	vi.stubEnv("ATTGRAD_KERNEL", undefined);
	vi.resetModules();
	const memory = vi.spyOn(WebAssembly, "Memory").mockImplementation(function refuse() {
		throw new RangeError("could not allocate memory");
	} as never);
	const { createRuntime: create } = await import("./runtime.ts");
	const notices: string[] = [];
	expect((await create({ onNotice: (text) => notices.push(text) })).kernel).toBe("js");
	expect(notices).toEqual([expect.stringMatching(/^no address space .* \(ulimit -v\) helps$/)]);
	await expect(create({ kernel: "fma" })).rejects.toThrow("kernel fma: no address space for the kernels");
	memory.mockRestore();
});
