const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);
/** Which half of a double holds sign and exponent: 1 on a little-endian machine. */
const HIGH = (() => {
	word[0] = 1;
	return halves[1] === 0x3ff00000 ? 1 : 0;
})();

/** ln 2 in two parts; the first has few enough bits that k · LN2_HIGH is exact. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/**
 * Natural logarithm of a normal number > 0, in additions, products and one division alone, so that it is the same bit
 * for bit on every machine (Math.log may differ between builds of an engine). Error below 1 ulp.
 * The reduction to [√½, √2) and the minimax coefficients are those of fdlibm's e_log.c.
 */
export function portableLog(x: number): number {
	word[0] = x;
	let k = (halves[HIGH] >>> 20) - 1023;
	halves[HIGH] = (halves[HIGH] & 0x000fffff) | 0x3ff00000;
	let mantissa = word[0];
	if (mantissa > Math.SQRT2) {
		mantissa /= 2;
		k++;
	}
	const f = mantissa - 1;
	const s = f / (2 + f);
	const z = s * s;
	const w = z * z;
	const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
	const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
	const half = 0.5 * f * f;
	return k * LN2_HIGH - (half - (s * (half + even + odd) + k * LN2_LOW) - f);
}
