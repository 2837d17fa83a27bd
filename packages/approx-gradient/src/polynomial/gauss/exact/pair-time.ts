/**
 * Time of a pair of a row and a key in `ExactRows`, which runs the exact backward pass, over that of a pair in the exact gradient: 1.5 at width 1, and 0.3 more for
 * each doubling of the width. `npm run bench:costs` compares it with runs at d = 2, 4 and 8.
 */
export const exactPairTime = (d: number): number => 1.5 + 0.3 * Math.log2(d);
