import { formatSize } from '../../model/units.js';
import type { StepProgress } from '../../steps/step-type.js';
import type { Style } from '../style.js';

const allCells = 12;

/** `██████░░░░░░  52%  120 MiB of 230 MiB`, short without the amounts; nothing when the step does not say how far it is. */
export function bar(
  { done, total, unit }: Pick<StepProgress, 'done' | 'total' | 'unit'>,
  {
    style,
    isShort = false,
    cells = allCells,
  }: { readonly style: Style; readonly isShort?: boolean; readonly cells?: number },
): string {
  if (done === undefined || total === undefined || total <= 0) {
    return '';
  }
  const share = Math.min(1, Math.max(0, done / total));
  const full = Math.floor(share * cells);
  const amount = unit === 'bytes' ? `${formatSize(done)} of ${formatSize(total)}` : `${done} of ${total} ${unit ?? ''}`;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const drawn = `${style.accent('█'.repeat(full))}${style.dim('░'.repeat(cells - full))} ${percent}`;
  return isShort ? drawn : `${drawn}  ${amount.trim()}`;
}
