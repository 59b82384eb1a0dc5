import { JournalError } from './journal.js';

/** What is stored of a run is not what was written. `found` is a clause such as `entry 4 was changed`. */
export function damageOf(runId: string, found: string, where: string): JournalError {
  return new JournalError('journal-damaged', `run ${runId}: ${found} (${where})`, {
    hint: 'do not resume the run from this journal: keep the file as it is, put back a backup or an export of it, and look at the hosts before acting',
  });
}
