/** `2026-03-01 14:05:09 UTC`, from ms since the epoch. A time that no calendar knows is given as its number. */
export function formatTime(at: number): string {
  const iso = formatIso(at);
  return iso === undefined ? `${at}` : `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

/** `14:05:09`, UTC; the reader knows the day from elsewhere. */
export function formatClock(at: number): string {
  return formatIso(at)?.slice(11, 19) ?? `${at}`;
}

/** `2026-03-01T14:05:09.123Z`; undefined for a time that no calendar knows. */
export function formatIso(at: number): string | undefined {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
