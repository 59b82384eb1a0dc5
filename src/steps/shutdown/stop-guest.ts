import { formatPlace } from '../../model/place.js';
import type { VmAt } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';

/** The guest may use this part of the attempt's time; the rest is for pulling the plug and seeing it off. */
const guestShare = 0.8;

/** Ends a VM: asks its guest, and pulls the plug when the guest's share of the attempt's time is over. */
export async function stopGuest({ vm, id, at }: VmAt, context: StepContext): Promise<void> {
  const { hypervisor, clock, signal, deadlineAt } = context;
  const impatience = new AbortController();
  const now = clock.now();
  const untilMs = deadlineAt === undefined ? undefined : now + (deadlineAt - now) * guestShare;
  const forget =
    untilMs === undefined ? undefined : clock.at(untilMs, () => impatience.abort(new Error('The guest took too long')));
  context.progress({ text: `Asking the guest of ${vm} to shut down`, ...(untilMs === undefined ? {} : { untilMs }) });
  try {
    await hypervisor.shutdown(at.host, id, AbortSignal.any([signal, impatience.signal]));
  } catch (error) {
    if (!impatience.signal.aborted || signal.aborted) {
      throw error;
    }
    context.progress({ text: `The guest of ${vm} did not shut down in time: pulling its plug on ${formatPlace(at)}` });
    await hypervisor.destroy(at.host, id, signal);
  } finally {
    forget?.();
  }
}
