import { formatDuration } from '../model/units.js';
import type { Notice } from '../notifiers/notifier.js';
import type { DueNotice } from './rpo-incidents.js';

/** VMs that a subject names. */
const named = 3;

/** What people are told of VMs that miss their RPO, or meet it again: how old the data of each is, why, and what to do next. */
export function rpoNotice(
  { event, vms }: DueNotice,
  known: {
    readonly runbook: string;
    readonly rpoMs: number;
    readonly standingOf: (vm: string) => { readonly ageMs?: number; readonly why?: string };
  },
): Notice {
  const { runbook, rpoMs, standingOf } = known;
  const isMissed = event === 'rpo-missed';
  const words = isMissed ? 'RPO missed' : 'RPO met again';
  const more = vms.length > named ? ` and ${vms.length - named} more` : '';
  const lines = vms.map((vm) => {
    const { ageMs, why } = standingOf(vm);
    const age = ageMs === undefined ? 'has no recovery point' : `its data is ${formatDuration(ageMs)} old`;
    return `${vm}: ${age}${why === undefined ? '' : `: ${why}`}`;
  });
  const subject = `[${runbook}] ${words}: ${vms.slice(0, named).join(', ')}${more}`;
  const text = [
    isMissed
      ? `More than ${formatDuration(rpoMs)} of data would be lost now of ${vms.length === 1 ? 'this VM' : 'these VMs'} of runbook ${runbook}:`
      : `No more than ${formatDuration(rpoMs)} of data would be lost of ${vms.length === 1 ? 'this VM' : 'these VMs'} of runbook ${runbook} any more:`,
    ...lines,
    `lifeboat status ${runbook}`,
  ].join('\n');
  return { runId: `protection/${runbook}`, runbook, event, subject, text };
}
