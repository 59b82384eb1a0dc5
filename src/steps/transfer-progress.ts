import type { TransferProgress } from '../hypervisors/hypervisor.js';
import type { StepContext } from './step-type.js';

/** Reports a transfer under a text that says what is moved and whither. */
export function reportTransfer(context: StepContext, text: string): (progress: TransferProgress) => void {
  return (transfer) => {
    const { doneBytes, totalBytes } = transfer;
    context.progress({ text, done: doneBytes, total: totalBytes, unit: 'bytes', transfer });
  };
}
