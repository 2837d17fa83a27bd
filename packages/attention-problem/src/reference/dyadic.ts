const view = new DataView(new ArrayBuffer(8));

/** A finite double as mantissa · 2^exponent, exactly. */
export function dyadicOf(x: number): { readonly mantissa: bigint; readonly exponent: number } {
	if (!Number.isFinite(x)) throw new RangeError(`dyadicOf: the number must be finite, got ${x}`);
	view.setFloat64(0, x);
	const bits = view.getBigUint64(0);
	const field = Number((bits >> 52n) & 0x7ffn);
	const fraction = bits & 0xfffffffffffffn;
	const mantissa = field === 0 ? fraction : fraction | (1n << 52n);
	return { mantissa: bits >> 63n ? -mantissa : mantissa, exponent: Math.max(field, 1) - 1075 };
}

/** mantissa · 2^exponent as a double; off by at most two units in its last place, infinite beyond the range. */
export function toNumber(mantissa: bigint, exponent: number): number {
	if (mantissa < 0n) return -toNumber(-mantissa, exponent);
	if (mantissa === 0n) return 0;
	const length = mantissa.toString(16).length * 4;
	const extra = Math.max(0, length - 64);
	const [head, power] = [Number(mantissa >> BigInt(extra)), exponent + extra];
	// In two steps, so that no factor leaves the range before the product does.
	const half = Math.max(-1000, Math.min(960, power));
	const rest = power - half;
	return head * 2 ** half * (rest < -1074 ? 0 : rest > 1023 ? Number.POSITIVE_INFINITY : 2 ** rest);
}
