/** Longest duration unless a setting declares another: 24 days, in milliseconds. A timer of Node.js lasts 24.8 days at most. */
export const MAX_DURATION = 24 * 24 * 3_600_000;

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Parses a duration as Go and Kubernetes write it ("90s", "1h30m", "250ms").
 *
 * @returns milliseconds
 * @throws Error when the text is not a duration; the message describes the expected form
 */
export function parseDuration(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new Error(`"${text}" is not a duration; write it like 30s, 10m or 1h30m`);
  }
  return parts.reduce((total, [, amount, unit]) => total + Number(amount) * (UNITS[unit ?? ''] ?? 0), 0);
}

/** Formats a duration in the form that {@link parseDuration} accepts. */
export function durationText(milliseconds: number): string {
  const units = [
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const unit = units.find(([, size]) => milliseconds % size === 0 && milliseconds !== 0);
  return unit ? `${milliseconds / unit[1]}${unit[0]}` : `${milliseconds}ms`;
}
