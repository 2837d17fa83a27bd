/**
 * How long a thread that expects something soon spins before it sleeps. Waking a sleeper takes some 0.3 ms; a spin that is
 * shorter than that lets both sides fall asleep in turn, and short jobs then take many times as long.
 */
const SPIN_MS = 2;

/** Looks whether something has come until it has, or until it has taken too long; gives whether it has. */
export function spinUntil(come: () => boolean): boolean {
	const end = performance.now() + SPIN_MS;
	for (;;) {
		for (let i = 0; i < 256; i++) if (come()) return true;
		if (performance.now() >= end) return false;
	}
}
