import type { TransferProgress } from '../hypervisors/hypervisor.js';
import { formatRate } from '../model/units.js';
import type { StepContext } from './step-type.js';

/** Reports a transfer under a text that says what is moved and whither, with its rate. */
export function reportTransfer(context: StepContext, text: string): (progress: TransferProgress) => void {
  return ({ doneBytes, totalBytes, bytesPerSecond }) => {
    context.progress({
      text: `${text}, ${formatRate(bytesPerSecond)}`,
      done: doneBytes,
      total: totalBytes,
      unit: 'bytes',
    });
  };
}
