import { FailureError } from '../model/failure.js';
import { type CopyRequest, type CopyResult, copyLimits } from './copier/copy-request.js';
import { Copying } from './copier/copying.js';
import { disorder } from './extent.js';

/**
 * Carries a plan out, and resolves when all of it is written and flushed. Nothing but what is planned is ever written.
 *
 * The first error ends it, as a `FailureError` (`transfer-broken`, `no-space`, or what the endpoint has said), and an
 * abort with the signal's reason; by then no request is under way any more. What was written until then may be on the
 * target or not: an attempt from the last position told of by `onDurable`, with the same plan and source, writes it again.
 */
export async function copy(request: CopyRequest): Promise<CopyResult> {
  check(request);
  return new Copying(request, { ...copyLimits, ...request.limits }).run();
}

function check({ subject, plan, source, target, from = 0 }: CopyRequest): void {
  const wrong = disorder(plan.extents, plan.sizeBytes);
  if (wrong !== undefined || from < 0 || from > plan.sizeBytes) {
    throw new Error(`${subject}: the copy plan is malformed: ${wrong ?? `it is to begin at ${from}`}`);
  }
  const reason = unfit({ plan, source, target });
  if (reason !== undefined) {
    throw new FailureError({
      code: 'endpoint-unfit',
      kind: 'precondition',
      message: `${subject}: ${reason}`,
      hint: 'give the target the size of the source and let it be written, or plan the copy again',
    });
  }
}

function unfit({ plan, source, target }: Pick<CopyRequest, 'plan' | 'source' | 'target'>): string | undefined {
  if (target.isReadOnly) {
    return 'the target is read-only';
  }
  if (target.sizeBytes < plan.sizeBytes) {
    return `the target has ${target.sizeBytes} bytes, fewer than the ${plan.sizeBytes} of the plan`;
  }
  return source.sizeBytes < plan.sizeBytes
    ? `the source has ${source.sizeBytes} bytes, fewer than the ${plan.sizeBytes} of the plan`
    : undefined;
}
