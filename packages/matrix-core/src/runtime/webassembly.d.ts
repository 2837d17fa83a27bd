// The part of WebAssembly's JavaScript interface that the runtime uses: Node has it, its types do not.
declare namespace WebAssembly {
	class Module {
		constructor(bytes: Uint8Array);
		static customSections(module: Module, name: string): ArrayBuffer[];
	}
	class Memory {
		constructor(descriptor: { initial: number; maximum: number; shared: boolean });
		readonly buffer: SharedArrayBuffer;
		grow(pages: number): number;
	}
	class Instance {
		constructor(module: Module, imports: Record<string, Record<string, unknown>>);
		readonly exports: Readonly<Record<string, unknown>>;
	}
	function validate(bytes: Uint8Array): boolean;
}
