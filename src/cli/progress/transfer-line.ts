import { formatDuration, formatRate, formatSize } from '../../model/units.js';
import type { StepProgress } from '../../steps/step-type.js';
import { clean, type Style, widthOf } from '../style.js';
import { bar } from './bar.js';
import { timeOfDay } from './words.js';

/** What moves, and how far it is. */
export interface TransferView {
  readonly progress: StepProgress & { readonly transfer: NonNullable<StepProgress['transfer']> };
  /** Host where it goes, when the step says. */
  readonly target?: string;
  /** Now in the run's time. */
  readonly now: number;
}

/** Widths that the parts keep while their figures change, so that nothing on the line jumps. */
const widths = { phase: 11, left: 12, rate: 10, amount: 20 } as const;
const gap = 2;
/** Below this many columns the bar is half as long. */
const narrow = 60;

/**
 * `→ north-2  memory  ██████░░░░░░  52%  12s left  84 MiB/s  …`: target, phase and bar always; then as much as there is room
 * for of the rung it has climbed to, the time left, the rate, the bytes, the time when it should end, and why it has climbed.
 */
export function transferLine(
  { progress, target, now }: TransferView,
  { style, room }: { readonly style: Style; readonly room: number },
): string {
  const { transfer } = progress;
  const { phase, rung, reason, leftMs, bytesPerSecond, doneBytes, totalBytes } = transfer;
  const climbed = rung === undefined || rung === 'live' || rung === phase ? '' : rung;
  const left = leftMs === undefined ? '' : `${formatDuration(leftMs)} left`;
  const parts = [
    { text: target === undefined ? '' : `→ ${clean(target)}`, rank: 0 },
    { text: phase === undefined ? '' : phase.padEnd(widths.phase), rank: 0 },
    { text: climbed === '' ? '' : style.warn(`▲ ${climbed}`), rank: 1 },
    { text: bar(progress, { style, isShort: true, cells: room < narrow ? 6 : 12 }), rank: 0 },
    { text: left.padEnd(widths.left), rank: 2 },
    { text: formatRate(bytesPerSecond).padStart(widths.rate), rank: 3 },
    { text: `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`.padEnd(widths.amount), rank: 4 },
    { text: leftMs === undefined ? '' : `until ${timeOfDay(now + leftMs)}`, rank: 5 },
    { text: reason === undefined || climbed === '' ? '' : clean(reason), rank: 6 },
  ].filter(({ text }) => text !== '');
  const kept = new Set<(typeof parts)[number]>();
  let free = room + gap;
  for (const part of parts.toSorted((one, other) => one.rank - other.rank)) {
    const width = widthOf(part.text) + gap;
    if (part.rank === 0 || width <= free) {
      kept.add(part);
      free -= width;
    }
  }
  return parts
    .filter((part) => kept.has(part))
    .map(({ text }) => text)
    .join(' '.repeat(gap))
    .trimEnd();
}

/** The same as half a sentence, for a log: every figure that there is. */
export function transferWords({ progress, now }: Omit<TransferView, 'target'>): string {
  const { phase, rung, reason, leftMs, bytesPerSecond, doneBytes, totalBytes } = progress.transfer;
  return [
    ...(phase === undefined ? [] : [phase]),
    ...(rung === undefined || rung === 'live'
      ? []
      : [`on ${rung}${reason === undefined ? '' : `, since ${clean(reason)}`}`]),
    `${formatSize(doneBytes)} of ${formatSize(totalBytes)}`,
    formatRate(bytesPerSecond),
    ...(leftMs === undefined ? [] : [`${formatDuration(leftMs)} left, until ${timeOfDay(now + leftMs)}`]),
  ].join(', ');
}
