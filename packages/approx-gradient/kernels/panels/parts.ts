// Panels of doubles that are parts of panels of either number type: all of one, or half of one of single precision.

import { panelBytes } from "./panel";

/** Panel `part` of doubles of a panel of T. */
// @ts-ignore: decorator
@inline
export function widenPart<T>(panel: usize, part: usize, out: usize): void {
	if (sizeof<T>() == 8) {
		// unroll v: TILE_VECTORS
		const made1$v = v128.load(panel, $v * 16);
		// unroll v: TILE_VECTORS
		v128.store(out, made1$v, $v * 16);
		return;
	}
	panel += part * (panelBytes() >> 1);
	// unroll v: TILE_VECTORS
	const made2$v = f64x2.promote_low_f32x4(v128.load64_zero(panel, $v * 8));
	// unroll v: TILE_VECTORS
	v128.store(out, made2$v, $v * 16);
}

/** `count` such panels that follow each other. */
export function widenParts<T>(panels: usize, count: i32, part: usize, out: usize): void {
	for (let i = 0; i < count; i++, panels += panelBytes(), out += panelBytes()) widenPart<T>(panels, part, out);
}

/** `count` panels of doubles as part `part` of panels of T. */
export function narrowParts<T>(wide: usize, count: i32, part: usize, out: usize): void {
	const P = panelBytes();
	if (sizeof<T>() == 8) {
		memory.copy(out, wide, <usize>count * P);
		return;
	}
	out += part * (P >> 1);
	for (const end = wide + <usize>count * P; wide < end; wide += P, out += P) {
		// unroll v: TILE_VECTORS
		v128.store_lane<u64>(out, f32x4.demote_f64x2_zero(v128.load(wide, $v * 16)), 0, $v * 8);
	}
}
