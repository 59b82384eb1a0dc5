import type { Hypervisor, Migration, VmDefinition } from '../../src/hypervisors/hypervisor.js';
import { type Failure, FailureError } from '../../src/model/failure.js';

/** What a hypervisor must be given to prove its promises. */
export interface HypervisorDriver {
  readonly hypervisor: Hypervisor;
  /** Two hosts that can move VMs to each other. */
  readonly source: string;
  readonly target: string;
  /** Runs on the source and has all it needs on the target. */
  readonly running: { readonly id: string; readonly name: string };
  /** A definition for the source that is not defined yet and whose disk exists. */
  readonly fresh: VmDefinition;
  /** The same; but a VM of the target has a file in the place of its disk. */
  readonly hindered: VmDefinition;
  /** The same; but both hosts see its only disk. */
  readonly sharing: VmDefinition;
  /** The hosts' time, ms since the epoch. */
  now(): number;
  /** Lets time pass until the call is answered. */
  answered<Answer>(call: Promise<Answer>): Promise<Answer>;
  /** Lets time pass until the condition holds. */
  until(condition: () => Promise<boolean>): Promise<void>;
  /** Makes the running VM write memory faster than it can be moved, when its migration asks for no more than this. */
  hurry(): Promise<Pick<Migration, 'bytesPerSecond' | 'deadlineAt'>>;
  /** The host can no longer be reached, and does not know. */
  cutOff(host: string): Promise<void>;
  /** The next call of the method does what it says, and its answer is lost. */
  loseReply(method: 'start' | 'migrate' | 'define' | 'carry'): Promise<void>;
  /** Everybody who awaits a call is gone, as after a kill. Returns what a new process would use, as `hypervisor` then is. */
  killCaller(): Promise<Hypervisor>;
  close(): Promise<void>;
}

/** A signal that nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

export const ignore = (): void => undefined;

/** The failure of a call that must fail. */
export async function failureOf(driver: HypervisorDriver, call: Promise<unknown>): Promise<Failure> {
  const outcome = await driver.answered(call.then(ignore, (error: unknown) => error));
  if (outcome instanceof FailureError) {
    return outcome.failure;
  }
  throw new Error(`The call was to fail, and gave ${String(outcome)}`);
}

/** The state of a VM on a host; undefined when the host does not know it. */
export async function stateOf(driver: HypervisorDriver, host: string, id: string) {
  return (await driver.answered(driver.hypervisor.vm(host, id, never)))?.state;
}

/** A live migration of the running VM with its disks. */
export function liveMove({ running, source, target }: HypervisorDriver): Migration {
  return { id: running.id, source, target, ladder: ['live'], copyStorage: 'all', maxDowntimeMs: 500 };
}
