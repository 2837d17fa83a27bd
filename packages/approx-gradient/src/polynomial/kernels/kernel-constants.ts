/**
 * Lengths that the kernels are built with and that bounds on rounding errors and sizes of scratch rest on. `build.ts` gives them to the
 * kernels by name; a kernel has no copy of its own.
 */
export const kernelConstants = {
	/** Nodes of a tree whose terms are added up before they join the rest of a sum: sums of K terms err by about 48 + K / 48 roundings. */
	RUN_NODES: 48,
	/** Bytes of a row of features that a step of pass 1 takes: two vectors, which are one of 256 bits in the build `fma256`. */
	STEP_BYTES: 32,
	/** Panels of queries between two additions of their sums to the totals in double precision. */
	SUMMED_PANELS: 32,
	/** Pairs of rows of single precision whose sums a profile keeps in single precision. */
	SINGLE_PAIRS: 32,
	/** Rows of single precision that a profile widens at a time. */
	WIDENED_ROWS: 32,
	/** Rows of a group of a profile, and bytes of one quantity of a group in double precision. */
	GROUP_ROWS: 8,
	WIDE_BYTES: 64,
	/** Panels that are kept of a block of rows while its polynomials are made and bounded. */
	KEPT_PANELS: 13,
	/** Panels that bounds from columns of squares are made in. */
	SQUARE_PANELS: 10,
	/** Panels of what an anisotropic set leaves out of a block of rows. */
	TRUNCATED_PANELS: 9,
	/** Panels of bounds of the rows of the operator's backward pass: of dQ, of what a row adds to dV and to dK, each with its rounding, and of the output. */
	BOUND_PANELS: 9,
	/** Panels of what is known of a panel of the operator's queries while it is worked on, and of that of the keys outside their core. */
	ROW_PANELS: 16,
	EDGE_PANELS: 3,
	/** Bytes of a table of addresses that a sweep has in its scratch. */
	ROOM_BYTES: 128,
	/** Pairs of a row that are drawn with one coin, and the vectors that they are; bounds that their sums are kept by; bins of keys by their norm; parts of the choice of a key. */
	PAIRS_OF_RUN: 8,
	PAIR_VECTORS: 4,
	PAIR_THRESHOLDS: 16,
	KEY_BINS: 32,
	KEY_CHOICES: 256,
	/** Keys of a bin that change places with each other, and how far neighbours get apart. */
	KEY_WINDOW: 4096,
	KEY_WINDOW_STEP: 2531,
	/** Rows that the kernels of trained heads take at a time, those whose sums are one product (with columns and sums they stay in L2), and numbers of a query's weights. */
	HYBRID_ROWS: 48,
	HYBRID_SUM_ROWS: 128,
	HYBRID_WEIGHTS: 9,
	/** Keys of a row of a trained head that are drawn at a time; numbers of a row that its draws are made of, and that those are made of; kinds of sums whose squares are drawn. */
	HYBRID_PAIR_BATCH: 64,
	HYBRID_PAIR_RECORD: 38,
	HYBRID_PAIR_REACH: 7,
	HYBRID_PAIR_KINDS: 6,
	/** Bytes of a run in a table of features: factor, first parent, length. */
	RUN_BYTES: 12,
} as const;
