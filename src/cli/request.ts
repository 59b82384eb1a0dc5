import { type Estate, hostsOf } from '../model/estate.js';
import { type Mode, modes } from '../model/mode.js';
import type { RunRequest } from '../model/request.js';
import { type Call, either, operatorOf, optionFlag, optionText, optionTexts } from './call.js';
import { usage } from './refusal.js';
import type { Subject } from './subject.js';

/** What was asked for on the command line, as the planner reads it. `at` is now in the world's time. */
export function requestOf(
  call: Call,
  mode: Mode,
  { at, estate }: { readonly at: number; readonly estate: Estate },
): RunRequest {
  const limitTo = optionTexts(call, 'limit')
    .flatMap((names) => names.split(','))
    .filter((name) => name !== '');
  const point = optionText(call, 'point');
  const attested = optionTexts(call, 'attest').map((text) => attestation(call, text, estate));
  const isPlanned = mode === 'failover' && optionFlag(call, 'planned');
  return {
    // A planned failover is a relocation, in the journal and the report too.
    mode: isPlanned ? 'relocate' : mode,
    by: operatorOf(call),
    at,
    ...(limitTo.length > 0 ? { limitTo } : {}),
    ...(point === undefined ? {} : { point: pointOf(call, point) }),
    ...(attested.length > 0 ? { attested } : {}),
    ...(isPlanned ? { isPlanned } : {}),
  };
}

/** The value of `--mode`, or the command's own name; undefined when neither is a mode. Refused like `refuseOffHosts`. */
export function askedMode(call: Call): Mode | undefined {
  const mode = modes.find((one) => one === (optionText(call, 'mode') ?? call.command));
  if (mode !== undefined) {
    refuseOffHosts(call, mode);
  }
  return mode;
}

/** Modes that need neither replicas nor fences: what this version does on real hosts. */
const modesOnHosts: readonly Mode[] = ['evacuate', 'return', 'balance'];

/** Refuses what only simulated hosts can do in this version, before anything of them is read. */
export function refuseOffHosts(call: Call, mode: Mode): void {
  if (!optionFlag(call, 'simulate') && !modesOnHosts.includes(mode)) {
    throw usage(
      `${mode} needs replicas of the VMs, and this version replicates no disks of real hosts`,
      `Add --simulate to rehearse it. On real hosts there is ${either(modesOnHosts)}.`,
    );
  }
}

/** What the plan or run is for; `otherwise` where nothing says. Exit code 64 when nothing does, or when it needs what real hosts lack. */
export function modeOf(call: Call, { mode, name }: Pick<Subject, 'mode' | 'name'>, otherwise?: Mode): Mode {
  const chosen = mode ?? (optionFlag(call, 'simulate') ? otherwise : undefined);
  if (chosen === undefined) {
    throw usage(
      `lifeboat ${call.command}: --mode is missing, and ${name} has none of its own`,
      `Add --mode ${either(optionFlag(call, 'simulate') ? modes : modesOnHosts)}.`,
    );
  }
  refuseOffHosts(call, chosen);
  return chosen;
}

function pointOf(call: Call, text: string): NonNullable<RunRequest['point']> {
  if (!/^\d{4}-\d\d-\d\dT/.test(text)) {
    return { id: text };
  }
  const notAfter = Date.parse(text);
  if (Number.isNaN(notAfter)) {
    throw usage(
      `lifeboat ${call.command}: --point ${text} is no time`,
      'Write it as 2027-01-31T12:00Z, or give the id of a recovery point; `lifeboat status` lists the newest.',
    );
  }
  return { notAfter };
}

function attestation(call: Call, text: string, estate: Estate): { readonly host: string; readonly reason: string } {
  const [, host, reason] = /^([^=]+)=(.*\S.*)$/s.exec(text) ?? [];
  if (host === undefined || reason === undefined) {
    throw usage(
      `lifeboat ${call.command}: --attest ${text} has no reason`,
      'Write --attest HOST="how you know that it is dead".',
    );
  }
  const hosts = Object.keys(hostsOf(estate));
  if (!hosts.includes(host)) {
    throw usage(`lifeboat ${call.command}: --attest ${host} is no host of the estate`, `It has ${hosts.join(', ')}.`);
  }
  return { host, reason };
}
