import { runbookForReturn } from '../runbooks/return-runbook.js';
import { departuresFrom, policiesOf } from './departures.js';
import type { World } from './drivers.js';
import { digestOf, type Subject } from './subject.js';

/** A return as the journal has it: the runbook of the VMs that have left the host. Any other subject as it is. */
export async function withDepartures(subject: Subject, { store: { journal } }: Pick<World, 'store'>): Promise<Subject> {
  if (subject.mode !== 'return') {
    return subject;
  }
  const departures = await departuresFrom(subject.name, journal);
  const policies = await policiesOf(departures, journal);
  const { estate } = subject.estate;
  const runbook = runbookForReturn({ host: subject.name, estate, departures, policies }) ?? subject.runbook;
  return {
    ...subject,
    runbook,
    departures,
    digests: { ...subject.digests, runbook: digestOf(JSON.stringify({ runbook, departures })) },
  };
}
