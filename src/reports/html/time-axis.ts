import { formatDuration } from '../../model/units.js';

/** Where times lie on a chart. */
export interface TimeAxis {
  readonly fromAt: number;
  readonly toAt: number;
  readonly left: number;
  readonly right: number;
}

const stepsMs = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1.8e6, 3.6e6,
  7.2e6, 1.44e7, 2.16e7, 4.32e7, 8.64e7,
] as const;

/** The horizontal position of a time, held inside the chart. */
export function xOf({ fromAt, toAt, left, right }: TimeAxis, at: number): number {
  const share = (Math.min(Math.max(at, fromAt), toAt) - fromAt) / Math.max(1, toAt - fromAt);
  return Math.round((left + share * (right - left)) * 10) / 10;
}

/** At most nine ticks at round spans since the axis's beginning. */
export function ticksOf(axis: TimeAxis): readonly { readonly x: number; readonly text: string }[] {
  const spanMs = Math.max(1, axis.toAt - axis.fromAt);
  const days = Math.ceil(spanMs / 8.64e7 / 8) * 8.64e7;
  const stepMs = stepsMs.find((candidate) => spanMs / candidate <= 8) ?? days;
  return Array.from({ length: Math.floor(spanMs / stepMs) + 1 }, (_, index) => ({
    x: xOf(axis, axis.fromAt + index * stepMs),
    text: index === 0 ? '0' : formatDuration(index * stepMs),
  }));
}
