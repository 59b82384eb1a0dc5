import type { HostShell } from '../../hypervisors/host-shell.js';
import { FailureError } from '../../model/failure.js';
import type { ReadyCheck } from '../../model/runbook.js';
import type { ProbeAnswer, Prober } from '../prober.js';
import { askPage } from './http.js';
import { connects } from './tcp.js';

/** What the prober needs of the hypervisor that has the VMs; each rejects with a `FailureError` when there is no answer. */
export interface ProbedGuests {
  /** Resolves once the guest's agent has answered. */
  ping(guest: { readonly host: string; readonly id: string }, signal: AbortSignal): Promise<void>;
  /** Addresses by which the guest may be reached. */
  addresses(guest: { readonly host: string; readonly id: string }, signal: AbortSignal): Promise<readonly string[]>;
}

interface ProberOptions {
  readonly guests: ProbedGuests;
  readonly shell: HostShell;
}

type Target = Parameters<Prober['vm']>[0];

/** Asks real VMs: agents by their hosts, ports and pages from here, commands here. */
export function createProber(options: ProberOptions): Prober {
  return {
    async vm(target, check, signal) {
      signal.throwIfAborted();
      try {
        return await answerOf(options, { target, check, signal });
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof FailureError) {
          const { message, cause } = error.failure;
          return no(`${target.name}: ${message}${cause === undefined ? '' : ` (${cause})`}`);
        }
        throw error;
      }
    },
  };
}

interface Question {
  readonly target: Target;
  readonly check: ReadyCheck;
  readonly signal: AbortSignal;
}

async function answerOf({ guests, shell }: ProberOptions, { target, check, signal }: Question): Promise<ProbeAnswer> {
  const { host, name } = target;
  switch (check.probe) {
    case 'guest-agent':
      await guests.ping(target, signal);
      return yes(`The guest agent of ${name} answers`);
    case 'tcp':
      return await askPort(await guests.addresses(target, signal), { name, port: check.port, signal });
    case 'http': {
      const answer = await askPage(check.url, signal);
      return answer === check.status ? yes(`${check.url} answers ${answer}`) : no(`${check.url}: ${answer}`);
    }
    case 'command': {
      const environment = { LIFEBOAT_VM: name, LIFEBOAT_HOST: host };
      const { exitCode, stderr } = await shell.run({ on: 'controller', argv: check.command, environment }, signal);
      const text = `${check.command.join(' ')} ends with ${exitCode}`;
      return exitCode === 0 ? yes(text) : no(stderr.trim() === '' ? text : `${text}: ${stderr.trim()}`);
    }
  }
}

async function askPort(
  addresses: readonly string[],
  { name, port, signal }: { readonly name: string; readonly port: number; readonly signal: AbortSignal },
): Promise<ProbeAnswer> {
  if (addresses.length === 0) {
    return no(`${name} has no address yet, says its agent`);
  }
  const answers = await Promise.all(addresses.map((address) => connects({ address, port }, signal)));
  return answers.includes(true)
    ? yes(`${name} accepts connections on port ${port}`)
    : no(`${name} takes no connections on port ${port} at ${addresses.join(', ')}`);
}

function yes(detail: string): ProbeAnswer {
  return { isHealthy: true, detail };
}

function no(detail: string): ProbeAnswer {
  return { isHealthy: false, detail };
}
