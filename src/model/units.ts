/**
 * Durations, sizes and rates as people write them (`30s`, `20GiB`, `800Mbit`) and as the program keeps them:
 * milliseconds, bytes, bytes per second. A number without a unit is never accepted, since nobody can tell what it means.
 */

const durationUnitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

const sizeUnitsBytes = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
} as const;

const rateUnitsBytes = {
  Kbit: 125,
  Mbit: 125_000,
  Gbit: 125_000_000,
  'KiB/s': 2 ** 10,
  'MiB/s': 2 ** 20,
  'GiB/s': 2 ** 30,
  'MB/s': 1e6,
  'GB/s': 1e9,
} as const;

const quantity = /^(\d{1,12}(?:\.\d{1,6})?)([A-Za-z]+(?:\/s)?)$/;

/** The regular expressions of the schema; what matches one is accepted by the parser of the same name. */
export const durationPattern = '^(?:\\d{1,9}(?:\\.\\d{1,3})?(?:ms|s|m|h|d))+$';
export const sizePattern = '^\\d{1,12}(?:\\.\\d{1,6})?(?:B|KiB|MiB|GiB|TiB|KB|MB|GB|TB)$';
export const ratePattern = '^\\d{1,12}(?:\\.\\d{1,6})?(?:Kbit|Mbit|Gbit|KiB/s|MiB/s|GiB/s|MB/s|GB/s)$';

/** Milliseconds of `500ms`, `30s`, `5m`, `1h30m`, `2d`; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(durationPattern).test(text)) {
    return undefined;
  }
  let totalMs = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    totalMs += Number(amount) * durationUnitsMs[unit as keyof typeof durationUnitsMs];
  }
  return Math.round(totalMs);
}

/** Bytes of `20GiB`, `512MB`, `4096B`; undefined when it is no size. */
export function parseSize(text: string): number | undefined {
  return parseQuantity(text, sizeUnitsBytes);
}

/** Bytes per second of `800Mbit`, `1Gbit`, `100MiB/s`; undefined when it is no rate. */
export function parseRate(text: string): number | undefined {
  return parseQuantity(text, rateUnitsBytes);
}

function parseQuantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = quantity.exec(text) ?? [];
  const factor = unit !== undefined && Object.hasOwn(units, unit) ? units[unit] : undefined;
  const value = factor === undefined ? Number.NaN : Math.round(Number(amount) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `850ms`, `12.5s`, `3m 20s`, `2h 05m`, `4d 3h`: two units at most, for people. */
export function formatDuration(ms: number): string {
  if (ms < 0) {
    return `-${formatDuration(-ms)}`;
  }
  if (ms < 1_000) {
    return `${Math.round(ms)}ms`;
  }
  if (ms < 59_950) {
    return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')}s`;
  }
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) {
    return pair(seconds, 60, 'm', 's');
  }
  const minutes = Math.round(seconds / 60);
  return minutes < 1_440 ? pair(minutes, 60, 'h', 'm') : pair(Math.round(minutes / 60), 24, 'd', 'h');
}

function pair(amount: number, base: number, large: string, small: string): string {
  const rest = amount % base;
  const head = `${Math.floor(amount / base)}${large}`;
  return rest === 0 ? head : `${head} ${base === 60 ? String(rest).padStart(2, '0') : rest}${small}`;
}

/** `512 B`, `1.5 MiB`, `20 GiB`. */
export function formatSize(bytes: number): string {
  return formatScaled(bytes, ['B', 'KiB', 'MiB', 'GiB', 'TiB'], 1024);
}

/** `100 Mbit/s`, `1.2 Gbit/s`, from bytes per second. */
export function formatRate(bytesPerSecond: number): string {
  return formatScaled(bytesPerSecond * 8, ['bit/s', 'Kbit/s', 'Mbit/s', 'Gbit/s'], 1000);
}

function formatScaled(amount: number, units: readonly string[], base: number): string {
  let scaled = amount;
  let index = 0;
  while (Math.abs(scaled) >= base && index < units.length - 1) {
    scaled /= base;
    index += 1;
  }
  const digits = index === 0 || scaled >= 100 ? 0 : 1;
  return `${scaled.toFixed(digits).replace(/\.0$/, '')} ${units[index] ?? ''}`;
}
