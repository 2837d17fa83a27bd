/** A cell may take this multiple of its curve's time limit in all, and at least `leastWall` milliseconds. */
const wallFactor = 6;
const leastWall = 60_000;

/**
 * Time after which a cell is stopped, milliseconds.
 * @param timeLimit median time of a point past which larger n are skipped
 */
export function wallLimit(timeLimit: number): number {
	return Math.max(leastWall, wallFactor * timeLimit);
}
