/** The first place of numbers that never fall whose number is above x; the last place where there is none. O(log n). */
export function firstAbove(numbers: ArrayLike<number>, x: number): number {
	let [low, high] = [0, numbers.length - 1];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (numbers[middle] > x) high = middle;
		else low = middle + 1;
	}
	return low;
}
