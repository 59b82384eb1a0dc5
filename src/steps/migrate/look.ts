import type { MigrateInput } from '../../model/step-input.js';
import type { StepContext } from '../step-type.js';
import { judge, type MigrationVerdict } from './verdict.js';

/** Asks both hosts now. */
export async function look(input: MigrateInput, { hypervisor, signal }: StepContext): Promise<MigrationVerdict> {
  return judge(input, await hypervisor.migrationState(input.id, input.from.host, input.to.host, signal));
}
