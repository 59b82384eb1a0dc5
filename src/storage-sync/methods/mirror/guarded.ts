import type { MirrorRecord } from '../../store/replica-state.js';
import { ensureGuard } from './guard.js';
import type { Mirroring } from './mirror-request.js';

/** Names of the mirror's exports. */
export function exportsOf({ prefix }: Pick<MirrorRecord, 'prefix'>, disks: readonly string[]): readonly string[] {
  return disks.map((target) => `${prefix}${target}`);
}

/** Sees that the guard of this mirror runs. */
export async function ensureMirrorGuard(
  { vm, from, tools, stallMs, signal }: Mirroring,
  record: MirrorRecord,
  disks: readonly string[],
): Promise<void> {
  const place = { host: from.host, id: vm.id };
  const connections = await tools.mirrors.connections({ ...place, exports: exportsOf(record, disks) }, signal);
  await ensureGuard({ shell: tools.shell, signal }, { vm: place, prefix: record.prefix, connections, stallMs });
}
