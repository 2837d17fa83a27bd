// Features of rows: `hybridMap` in TypeScript says what they are.

import { PRODUCT_SCRATCH } from "@attgrad/matrix-core/kernels/product";
import { kernelsOf, prepareKernels, scaleEntries } from "./entries";
import { multiply, padded, panelsOf, stepOf } from "./products";

/** A map and the rows of one side: sizes and addresses, 4 bytes each. */
@unmanaged
export class HybridFeatures {
	d: i32;
	pivots: i32;
	rank: i32;
	rows: i32;
	/** Panels of the pivots' factors of the exponents, (d + 2) x pivots, and of Bᵀ, pivots x rank. */
	points: usize;
	inverse: usize;
	/** Factors of the exponents, rows x (d + 2); weights of the rows. */
	left: usize;
	sizes: usize;
	/** Features, rows (padded to 6) x rank in whole panels; Σ φ² of each row. */
	features: usize;
	squares: usize;
}

/** Bytes of scratch that features take. */
export function featureBytes(map: HybridFeatures): usize {
	return 512 + (<usize>PRODUCT_SCRATCH << 3) + <usize>padded(HYBRID_ROWS) * stepOf(map.pivots);
}

/** Features of the rows from..to-1; `from` is a multiple of 6, and `to` is too or the end. */
export function makeFeatures(scratch: usize, map: HybridFeatures, from: i32, to: i32): void {
	const area = scratch + 512, kernels = area + (<usize>PRODUCT_SCRATCH << 3);
	const across = stepOf(map.pivots), step = stepOf(map.rank), leftStep = <usize>(map.d + 2) << 3;
	prepareKernels(scratch);
	for (let row = from; row < to; row += HYBRID_ROWS) {
		const count = min(HYBRID_ROWS, to - row), features = map.features + <usize>row * step;
		multiply(area, map.left + <usize>row * leftStep, leftStep, 8, count, map.d + 2, map.points, panelsOf(map.pivots), kernels, across);
		kernelsOf(scratch, kernels, <usize>count * across);
		multiply(area, kernels, across, 8, count, map.pivots, map.inverse, panelsOf(map.rank), features, step);
		for (let j = 0; j < count; j++) {
			const square = <usize>(row + j) << 3;
			store<f64>(map.squares + square, scaleEntries(features + <usize>j * step, step, load<f64>(map.sizes + square)));
		}
	}
}
