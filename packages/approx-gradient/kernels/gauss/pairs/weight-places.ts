// Where the numbers are that bounds on pairs are made from, and those bounds.

/** Places of the doubles that weights and draws take, in bytes from the address of their constants; then rows of d. */
export const SLACK: usize = 0;
export const SUMS: usize = SLACK + 8;
export const SCORE_ERROR: usize = SUMS + 8;
export const SUM_ERROR: usize = SCORE_ERROR + 8;
export const SQUARE_ERROR: usize = SUM_ERROR + 8;
export const KEY_REACH: usize = SQUARE_ERROR + 8;
export const KEY_ERROR: usize = KEY_REACH + 8;
export const HALF_RANGE: usize = KEY_ERROR + 8;
export const CONSTANT: usize = HALF_RANGE + 8;
export const REST: usize = CONSTANT + 8;
export const OUTPUT_SQUARE: usize = REST + 8;
export const PRODUCT: usize = OUTPUT_SQUARE + 8;
/** Of all of the gradient. */
export const FACTOR: usize = PRODUCT + 8;
/** Pairs of a row over its mean bound; pairs of a row on average; pairs of a slot, and of a row, at most. */
export const RATE: usize = FACTOR + 8;
export const MEAN_PAIRS: usize = RATE + 8;
export const MOST_OF_SLOT: usize = MEAN_PAIRS + 8;
export const MOST_OF_ROW: usize = MOST_OF_SLOT + 8;
/** The first threshold. */
export const UNIT: usize = MOST_OF_ROW + 8;
/** Output, residual, rest of the residual, size: of the rounding of Ĝ~; then half ranges of values. */
export const ROWS: usize = UNIT + 8;

/** Panels of the weights of a panel of rows; the centre follows. */
export const A: usize = 0;
export const B: usize = 1;
export const C: usize = 2;
export const A2: usize = C + 1;
export const B2: usize = A2 + 1;
export const C2: usize = B2 + 1;
export const A3: usize = C2 + 1;
export const B3: usize = A3 + 1;
export const MEAN: usize = B3 + 1;
/** `rest` and `bias` together. */
export const REMAINDER: usize = MEAN + 1;
export const MOVED: usize = REMAINDER + 1;
/** C (w + slack) + ρ + slack, but for C w. */
export const ADDED: usize = MOVED + 1;
export const CENTRE: usize = ADDED + 1;
