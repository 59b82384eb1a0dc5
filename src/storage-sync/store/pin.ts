import { parseRecord } from './manifest.js';

/** A run needs a point: it was promoted for it. */
export interface Pin {
  readonly version: 1;
  readonly runId: string;
  readonly point: string;
}

/** An overlay, and how far it is. It pins its point from the first word on. */
export interface OverlayRecord {
  readonly version: 1;
  readonly key: string;
  readonly purpose: 'clone' | 'promoted' | 'move';
  readonly point: string;
  /** `making` nobody has heard of it yet, and its images may be half there · `made` · `merging` into the base. */
  readonly state: 'making' | 'made' | 'merging';
}

export function parsePin(text: string): Pin | string {
  const value = parseRecord<Pin>(text);
  if (typeof value === 'string') {
    return value;
  }
  return typeof value.runId === 'string' && typeof value.point === 'string'
    ? (value as Pin)
    : 'it names no run or no point';
}

export function parseOverlay(text: string): OverlayRecord | string {
  const value = parseRecord<OverlayRecord>(text);
  if (typeof value === 'string') {
    return value;
  }
  const isWhole =
    typeof value.key === 'string' &&
    typeof value.point === 'string' &&
    ['clone', 'promoted', 'move'].includes(String(value.purpose)) &&
    ['making', 'made', 'merging'].includes(String(value.state));
  return isWhole ? (value as OverlayRecord) : 'it names no key, purpose or point';
}
