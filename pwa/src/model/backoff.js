/** When to try again: 5 s doubling to 10 min, spread by +-25 % so that a county's phones do not all call at once. */
export const FIRST_MS = 5_000;
export const LONGEST_MS = 600_000;

/**
 * @param {number} attempts failures so far, at least 1
 * @param {number} random in [0, 1)
 * @returns {number} milliseconds to wait
 */
export function delay(attempts, random) {
  const plain = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.round(plain * (0.75 + random / 2));
}

/**
 * The row after one more failure.
 * @template {{attempts: number, next_at_ms: number}} T
 * @param {T} row @param {number} now @param {number} random @returns {T}
 */
export function postponed(row, now, random) {
  const attempts = row.attempts + 1;
  return { ...row, attempts, next_at_ms: now + delay(attempts, random) };
}

/**
 * A waiting time further away than any that we set means that this phone's clock was put back since: then it is over.
 * @param {{next_at_ms: number}} row @param {number} now @returns {boolean}
 */
export const due = (row, now) => row.next_at_ms <= now || row.next_at_ms - now > 2 * LONGEST_MS;
