import { formatDuration, formatSize } from '../model/units.js';
import type { RunReport, VmReport } from './run-report.js';
import { textTable, wrapText } from './text-table.js';

/** What each move measured beside its forecast, and why it climbed; nothing when no VM has moved. */
export function moveLines({ vms }: Pick<RunReport, 'vms'>, width: number): readonly string[] {
  const moved = vms.filter(({ downtimeMs, bytes, method }) => isMove(method) && (downtimeMs ?? bytes) !== undefined);
  const table = textTable(
    [
      { title: 'vm', max: 24 },
      { title: 'took', align: 'right' },
      { title: 'forecast', align: 'right' },
      { title: 'outage', align: 'right' },
      { title: 'forecast', align: 'right' },
      { title: 'bytes', align: 'right' },
      { title: 'forecast', align: 'right' },
      { title: 'rung' },
    ],
    moved.map((vm) => [
      vm.vm,
      time(vm.durationMs),
      time(vm.estimate?.durationMs),
      time(vm.downtimeMs),
      time(vm.estimate?.downtimeMs),
      size(vm.bytes),
      size(vm.estimate?.bytes),
      rungOf(vm) ?? '',
    ]),
  );
  const reasons = moved.flatMap(({ vm, climbed = [] }) =>
    climbed.flatMap(({ rung, reason }) => wrapText(`${vm} climbed to ${rung}: ${reason}`, width)),
  );
  return [...table, ...reasons];
}

/** The rung on which a live move ended; undefined when nobody watched it, or it did not move live. */
export function rungOf({ method, climbed }: Pick<VmReport, 'method' | 'climbed'>): string | undefined {
  return method === 'live' && climbed !== undefined ? (climbed.at(-1)?.rung ?? 'live') : undefined;
}

/** Whether the plan takes the VM alive, or shut down for the way, from one host to another. */
export function isMove(method: VmReport['method']): boolean {
  return method === 'live' || method === 'cold' || method === 'restart';
}

function time(ms: number | undefined): string {
  return ms === undefined ? '' : formatDuration(ms);
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? '' : formatSize(bytes);
}
