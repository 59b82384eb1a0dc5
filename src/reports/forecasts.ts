import type { Plan } from '../model/plan.js';
import type { Forecast, VmReport } from './run-report.js';

/** The plan's estimates beside what was measured: only of what came to its end, since a part cannot be compared. */
export function forecastsOf(
  plan: Plan,
  { vms, runMs }: { readonly vms: readonly VmReport[]; readonly runMs: number | undefined },
): readonly Forecast[] {
  const { estimates } = plan;
  const bytes = vms.flatMap((vm) => vm.bytes ?? []);
  const hasAllBytes = runMs !== undefined && bytes.length > 0 && estimates.bytes > 0;
  return [
    ...(runMs === undefined || estimates.durationMs === 0
      ? []
      : [{ what: 'duration' as const, subject: 'run', estimated: estimates.durationMs, measured: runMs }]),
    ...(hasAllBytes
      ? [{ what: 'bytes' as const, subject: 'run', estimated: estimates.bytes, measured: total(bytes) }]
      : []),
    ...vms.flatMap(vmForecasts),
  ];
}

function vmForecasts({ vm, method, estimate, durationMs, downtimeMs, bytes }: VmReport): readonly Forecast[] {
  if (estimate === undefined) {
    return [];
  }
  return [
    ...(durationMs === undefined || estimate.durationMs === 0
      ? []
      : [{ what: 'duration' as const, subject: vm, estimated: estimate.durationMs, measured: durationMs }]),
    ...(downtimeMs === undefined || estimate.downtimeMs === 0
      ? []
      : [{ what: 'downtime' as const, subject: vm, estimated: estimate.downtimeMs, measured: downtimeMs }]),
    ...(bytes === undefined || estimate.bytes === 0 || (method !== 'live' && method !== 'cold')
      ? []
      : [{ what: 'bytes' as const, subject: vm, estimated: estimate.bytes, measured: bytes }]),
  ];
}

/** Whether the estimate was off by more than a quarter, and by more than a second or a mebibyte. */
export function isOff({ what, estimated, measured }: Forecast): boolean {
  const difference = Math.abs(measured - estimated);
  return difference > estimated / 4 && difference > (what === 'bytes' ? 2 ** 20 : 1_000);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
