import type { BackupSource } from '../../../hypervisors/backups.js';
import { backupSocket } from '../../../hypervisors/backups.js';
import { FailureError } from '../../../model/failure.js';
import type { Cycle } from './cycle-request.js';
import { thawSurely } from './quiesce.js';

/** The VM as a cycle may begin with it: what an earlier one has left on its host is ended, and nothing else is under way. */
export async function clearSource(cycle: Cycle): Promise<BackupSource> {
  const found = await lookAtVm(cycle);
  const { vm, from, folder, signal, note } = cycle;
  const { backups } = cycle.tools;
  const at = { host: from.host, id: vm.id };
  const isOurs = found.backup?.socket === backupSocket(folder);
  if (found.isBusy || (found.backup !== undefined && !isOurs)) {
    throw new FailureError({
      code: 'job-under-way',
      kind: 'transient',
      message: `${found.backup === undefined ? 'Another job' : 'Another backup'} is under way on ${vm.name} on ${from.host}`,
      hint: `wait for it, or end it with \`virsh domjobabort ${vm.name}\``,
    });
  }
  if (found.isFrozen) {
    await thawSurely(cycle);
    note(`the file systems of ${vm.name} were still frozen by a sync that was cut off, and were thawed`);
  }
  if (!isOurs) {
    return found;
  }
  await backups.end({ ...at, folder }, signal);
  note(`a backup of ${vm.name} that a sync had left when it was cut off was ended`);
  if (found.isPausedByError) {
    await backups.resume(at, signal);
    note(`${vm.name} had paused for want of scratch space, and runs on`);
  }
  return await lookAtVm(cycle);
}

export async function lookAtVm({ vm, from, tools, signal }: Cycle): Promise<BackupSource> {
  const found = await tools.backups.look({ host: from.host, id: vm.id }, signal);
  if (found === undefined) {
    throw new FailureError({
      code: 'vm-not-found',
      kind: 'permanent',
      message: `Host ${from.host} has no VM ${vm.name}`,
      hint: 'look where it is',
    });
  }
  return found;
}
