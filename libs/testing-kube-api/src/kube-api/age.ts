const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const YEAR = 365 * DAY;

interface Scale {
  /** The scale applies to durations below this, in milliseconds. */
  readonly below: number;
  readonly unit: number;
  readonly letter: string;
  /** Smaller unit that is also shown, unless it is zero. */
  readonly rest?: readonly [number, string];
}

/** How Kubernetes shortens durations: short ones in each scale have two units, longer ones have one. */
const SCALES: readonly Scale[] = [
  { below: 2 * MINUTE, unit: SECOND, letter: 's' },
  { below: 10 * MINUTE, unit: MINUTE, letter: 'm', rest: [SECOND, 's'] },
  { below: 3 * HOUR, unit: MINUTE, letter: 'm' },
  { below: 8 * HOUR, unit: HOUR, letter: 'h', rest: [MINUTE, 'm'] },
  { below: 2 * DAY, unit: HOUR, letter: 'h' },
  { below: 8 * DAY, unit: DAY, letter: 'd', rest: [HOUR, 'h'] },
  { below: 2 * YEAR, unit: DAY, letter: 'd' },
  { below: 8 * YEAR, unit: YEAR, letter: 'y', rest: [DAY, 'd'] },
];

function humanDuration(milliseconds: number): string {
  const positive = Math.max(0, milliseconds);
  const scale = SCALES.find(({ below }) => positive < below);
  if (!scale) {
    return `${Math.floor(positive / YEAR)}y`;
  }
  const { unit, letter, rest } = scale;
  const whole = `${Math.floor(positive / unit)}${letter}`;
  if (!rest) {
    return whole;
  }
  const remainder = Math.floor((positive % unit) / rest[0]);
  return remainder === 0 ? whole : `${whole}${remainder}${rest[1]}`;
}

/** Returns the age as kubectl shows it: `<unknown>` for an absent time. */
export function age(time: unknown, now: number): string {
  const start = typeof time === 'string' ? Date.parse(time) : Number.NaN;
  return Number.isNaN(start) ? '<unknown>' : humanDuration(now - start);
}
