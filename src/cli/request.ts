import { type Estate, hostsOf } from '../model/estate.js';
import { type Mode, modes } from '../model/mode.js';
import type { RunRequest } from '../model/request.js';
import { type Call, either, operatorOf, optionFlag, optionText, optionTexts } from './call.js';
import { usage } from './refusal.js';

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

/** The value of `--mode`, or the command's own name. */
export function modeOf(call: Call): Mode {
  const mode = modes.find((one) => one === (optionText(call, 'mode') ?? call.command));
  if (mode === undefined) {
    throw usage(`lifeboat ${call.command}: --mode is missing`, `Add --mode ${either(modes)}.`);
  }
  return mode;
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
