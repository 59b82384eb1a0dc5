import { FailureError } from '../model/failure.js';
import type { Finding } from '../model/finding.js';
import type { HostFacts } from '../model/inventory.js';
import type { StepContext } from './step-type.js';

/** What stands against acting on a host now: that it cannot be reached, or what `judge` says of its facts. */
export async function hostFindings(
  host: string,
  context: StepContext,
  judge: (facts: HostFacts) => readonly Finding[] = () => [],
): Promise<readonly Finding[]> {
  return await unlessFailed(host, async () => {
    const { facts } = await context.hypervisor.host(host, context.signal);
    return facts.unreachable === undefined
      ? judge(facts)
      : [blocker('host-unreachable', host, `host ${host} cannot be reached: ${facts.unreachable}`)];
  });
}

/** What `look` finds, or its failure as a finding that blocks. Only an abort and our own mistakes are rejections. */
export async function unlessFailed(
  subject: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof FailureError)) {
      throw error;
    }
    const { code, message, hint } = error.failure;
    return [{ ...blocker(code, subject, message), ...(hint === undefined ? {} : { hint }) }];
  }
}

export function blocker(code: string, subject: string, message: string): Finding {
  return { code, severity: 'blocker', subject, message };
}
