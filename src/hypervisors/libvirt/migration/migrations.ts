import type { Estate } from '../../../model/estate.js';
import type { Hypervisor } from '../../hypervisor.js';
import type { Connections } from '../connections.js';
import { carry } from './carry.js';
import { Folders } from './folders.js';
import { migrate } from './migrate.js';
import { stateOf } from './state.js';
import { Results, type Tools } from './tools.js';

/** The moves of VMs between libvirt hosts, as the port promises them. */
export function migrationsOf(options: {
  readonly connections: Connections;
  readonly estate: Estate;
  readonly now: () => number;
}): Pick<Hypervisor, 'migrate' | 'migrationState' | 'carry'> {
  const tools: Tools = { ...options, folders: new Folders(), results: new Results() };
  return {
    migrate: (migration, signal, report) => migrate(tools, migration, { signal, report }),
    carry: (carrying, signal, report) => carry(tools, carrying, { signal, report }),
    migrationState: (id, source, target, signal) => stateOf(tools, { id, source, target }, signal),
  };
}
