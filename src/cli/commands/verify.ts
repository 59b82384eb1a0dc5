import { readInventory } from '../../engine/inventory.js';
import { formatPlace } from '../../model/place.js';
import { type Member, membersOf } from '../../storage-sync/replicator-members.js';
import { type Verified, verifyReplicas } from '../../storage-sync/verifier.js';
import { type Call, note, operatorOf } from '../call.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { protectionLine } from '../progress/protection-line.js';
import { Refusal } from '../refusal.js';
import { table } from '../table.js';
import { readProtected } from './protect.js';

/** `lifeboat verify`: reads the recovery points of a runbook's VMs again, where they are kept. */
export async function verifyCommand(call: Call): Promise<ExitCode> {
  const subject = readProtected(call);
  const { runbook } = subject;
  const { estate } = subject.estate;
  return withWorld(call, { ...subject, isKept: true }, async (world) => {
    const { ports, store } = world;
    const stop = new AbortController();
    const forget = call.environment.onInterrupt(() =>
      stop.abort(new Refusal(exitCodes.interrupted, 'interrupted: what was found until then is in the journal')),
    );
    try {
      const look = readInventory({ ports, estate, journal: store.journal, signal: stop.signal });
      const inventory = await world.during(look);
      const members = membersOf({ runbook, estate, inventory, known: new Map() });
      const subjects = members.flatMap(({ vm, replica }) =>
        replica === undefined ? [] : [{ vm, place: { site: replica.site, host: replica.host } }],
      );
      const found = await world.during(
        verifyReplicas({
          replicas: ports.replicas,
          journal: store.journal,
          leases: store.leases,
          clock: ports.clock,
          holder: call.environment.holder,
          by: operatorOf(call),
          runbook: runbook.name,
          subjects,
          signal: stop.signal,
          onEntry: (entry) => note(call, protectionLine(entry) ?? ''),
        }),
      );
      const rows = rowsOf(members, found);
      const exitCode = exitCodeOf(members, rows);
      tell(call, () => text(call, rows), {
        kind: 'Verification',
        members: { runbook: runbook.name, exitCode, vms: rows },
      });
      return exitCode;
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      forget();
    }
  });
}

/** One VM; its members may be added to, never changed. */
interface VerifiedRow {
  readonly vm: string;
  readonly replica?: string;
  readonly points: number;
  /** What the points were compared with. That they equal their source's moment is not proven by it. */
  readonly against?: 'structure' | 'digests';
  readonly verdict: 'whole' | 'damaged' | 'not-looked-at' | 'no-point';
  readonly code?: string;
  readonly why?: string;
}

function rowsOf(members: readonly Member[], found: readonly Verified[]): readonly VerifiedRow[] {
  const byVm = new Map(found.map((one) => [one.vm, one]));
  return members.map(({ vm, needs, waits }): VerifiedRow => {
    const one = byVm.get(vm);
    if (one === undefined) {
      return { vm, points: 0, verdict: 'no-point', why: needs ?? waits ?? 'it has no replica yet' };
    }
    const place = { vm, replica: formatPlace(one.place) };
    if ('failure' in one) {
      const { code, message } = one.failure;
      return { ...place, points: 0, verdict: 'not-looked-at', code, why: message };
    }
    const { points, against, damage } = one.result;
    const read = { ...place, points: points.length, against };
    if (damage !== undefined) {
      return {
        ...read,
        verdict: 'damaged',
        code: damage.code,
        why: [damage.message, damage.hint].filter(Boolean).join('. '),
      };
    }
    return points.length === 0
      ? { ...read, verdict: 'no-point', why: 'its seed is not complete' }
      : { ...read, verdict: 'whole' };
  });
}

function exitCodeOf(members: readonly Member[], rows: readonly VerifiedRow[]): ExitCode {
  if (rows.some(({ verdict }) => verdict === 'damaged')) {
    return exitCodes.withErrors;
  }
  if (members.some(({ isTargetSilent }) => isTargetSilent) || rows.some(({ code }) => code === 'host-unreachable')) {
    return exitCodes.unreachable;
  }
  return rows.every(({ verdict }) => verdict === 'whole') ? exitCodes.done : exitCodes.withErrors;
}

function text(call: Call, rows: readonly VerifiedRow[]): string {
  const { style } = call;
  const words = {
    whole: style.good('✔ no damage found'),
    damaged: style.bad('✗ damaged'),
    'not-looked-at': style.warn('! not looked at'),
    'no-point': style.warn('! no point'),
  } as const;
  const cells = rows.map(({ vm, replica, points, against, verdict, why }) => [
    vm,
    replica ?? '-',
    String(points),
    against ?? '-',
    `${words[verdict]}${why === undefined ? '' : `: ${why}`}`,
  ]);
  return table(['VM', 'REPLICA', 'POINTS', 'COMPARED WITH', 'FOUND'], cells, style);
}
