/**
 * A range that is zoomed about a point or moved, in the measure of its axis.
 * @param {readonly number[]} domain least and largest value
 * @param {boolean} isLog
 * @param {{ factor?: number, about?: number, by?: number }} change `factor` < 1 shows less; `about`, a value, stays in
 *   its place, default: the middle; `by` moves by that part of the range
 * @returns {[number, number]}
 */
export function changedDomain([from = 0, to = 1], isLog, { factor = 1, about, by = 0 }) {
	const [forth, back] = isLog ? [Math.log, Math.exp] : [Number, Number];
	const [low, high] = [forth(from), forth(to)];
	const centre = about === undefined ? (low + high) / 2 : forth(about);
	const shift = by * (high - low);
	return [back(centre + (low - centre) * factor + shift), back(centre + (high - centre) * factor + shift)];
}
