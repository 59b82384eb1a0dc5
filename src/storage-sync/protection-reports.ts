import type { Entry } from '../model/entry.js';
import type { CycleSeen, ReplicaReport } from '../model/replica-report.js';
import { isSettled } from './rpo-incidents.js';

/** What one journal of protection tells. */
export interface ProtectionReports {
  readonly runbook: string;
  readonly startedAt: number;
  /** When the process that wrote it has ended; absent while it goes on, or when it was cut off. */
  readonly endedAt?: number;
  readonly lastAt: number;
  readonly reports: ReadonlyMap<string, ReplicaReport>;
}

/** The fold of one journal of protection; it begins with what the journals before it told. Undefined of any other journal. */
export function protectionReports(entries: readonly Entry[]): ProtectionReports | undefined {
  const [first] = entries;
  if (first?.type !== 'protection.started') {
    return undefined;
  }
  const reports = new Map(first.reports.map((report) => [report.vm, report]));
  let endedAt: number | undefined;
  for (const entry of entries) {
    if (entry.type === 'protection.ended') {
      endedAt = entry.at;
    } else if (entry.type === 'rpo.told' && isSettled(entry)) {
      for (const vm of entry.vms) {
        reports.set(vm, toldReport(reports.get(vm) ?? newReport(vm), entry));
      }
    } else if ('vm' in entry) {
      reports.set(entry.vm, reportAfter(reports.get(entry.vm) ?? newReport(entry.vm), entry));
    }
  }
  return {
    runbook: first.runbook,
    startedAt: first.at,
    ...(endedAt === undefined ? {} : { endedAt }),
    lastAt: entries.at(-1)?.at ?? first.at,
    reports,
  };
}

function newReport(vm: string): ReplicaReport {
  return { vm, failures: 0, cycles: [] };
}

function toldReport(
  before: ReplicaReport,
  { event, at }: Extract<Entry, { readonly type: 'rpo.told' }>,
): ReplicaReport {
  const { rpoMissedSince: _, ...report } = before;
  return event === 'rpo-missed' ? { ...report, rpoMissedSince: at } : report;
}

function reportAfter(report: ReplicaReport, entry: Entry): ReplicaReport {
  switch (entry.type) {
    case 'replica.synced':
      return syncedReport(report, entry);
    case 'replica.failed': {
      const { failures, failure, againAt } = entry;
      return { ...report, failures, failure, againAt };
    }
    case 'replica.changed': {
      const { why: _, ...rest } = report;
      const { state, why, at } = entry;
      const since = state === report.state ? (report.since ?? at) : at;
      return { ...rest, state, since, ...(why === undefined ? {} : { why }) };
    }
    case 'replica.forecast': {
      const { forecast: _, ...rest } = report;
      return { ...rest, ...(entry.text === undefined ? {} : { forecast: entry.text }) };
    }
    default:
      return report;
  }
}

function syncedReport(
  { failure: _failure, againAt: _againAt, ...report }: ReplicaReport,
  { at, from, to, point, transfer, bytes, tookMs, transferMs }: Extract<Entry, { readonly type: 'replica.synced' }>,
): ReplicaReport {
  const cycle = deltaSeen({ before: report.point?.at, point: point.at, at, bytes, transferMs });
  return {
    ...report,
    from,
    to,
    point,
    synced: { at, tookMs, bytes, transfer },
    failures: 0,
    cycles: transfer === 'delta' && cycle !== undefined ? [...report.cycles, cycle].slice(-2) : report.cycles,
  };
}

/** What a delta tells of the guest and the link; nothing when it is not known what it was written in. */
export function deltaSeen(delta: {
  readonly before: number | undefined;
  readonly point: number;
  readonly at: number;
  readonly bytes: number;
  readonly transferMs: number;
}): CycleSeen | undefined {
  const { before, point, at, bytes, transferMs } = delta;
  return before === undefined || point <= before
    ? undefined
    : { intervalMs: point - before, bytes, transferMs, otherMs: Math.max(0, at - point - transferMs) };
}
