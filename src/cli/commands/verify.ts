import { createHolds } from '../../engine/holds.js';
import { readInventory } from '../../engine/inventory.js';
import { formatSize } from '../../model/units.js';
import type { Proving } from '../../storage-sync/prover.js';
import { membersOf } from '../../storage-sync/replicator-members.js';
import { ReplicatorRates } from '../../storage-sync/replicator-rates.js';
import { verifyReplicas } from '../../storage-sync/verifier.js';
import { type Call, note, operatorOf, optionFlag } from '../call.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { protectionLine } from '../progress/protection-line.js';
import { timeOfDay } from '../progress/words.js';
import { Refusal } from '../refusal.js';
import type { Style } from '../style.js';
import { table } from '../table.js';
import { exitCodeOf, obstacleOf, type ProofRow, rowsOf, type VerifiedRow } from '../verified-rows.js';
import { readProtected } from './protect.js';

/** `lifeboat verify`: reads the recovery points of a runbook's VMs again, where they are kept, and proves a new one of each. */
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
      const rates = new ReplicatorRates({ estate, runbook, clock: ports.clock });
      const requests = members.flatMap((member) => {
        const { vm, route, replicate } = member;
        return obstacleOf(member) === undefined && route !== undefined
          ? [{ vm, ...route, replicate, ...rates.shareOf(vm, route) }]
          : [];
      });
      const proving: Proving = {
        replicas: ports.replicas,
        requests,
        runs: createHolds(store.journal),
        onProgress: progressNotes(call, () => ports.clock.now()),
      };
      const wantsProof = !optionFlag(call, 'pointsOnly');
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
          ...(wantsProof ? { proving } : {}),
          signal: stop.signal,
          onEntry: (entry) => note(call, protectionLine(entry) ?? ''),
        }),
      );
      const rows = rowsOf(members, found, wantsProof);
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

/** Real time between two lines about one VM, ms. */
const progressEveryMs = 10_000;

/** Says how far a proof is: when a VM is begun, when its comparison is, and now and then. */
function progressNotes(call: Call, now: () => number): NonNullable<Proving['onProgress']> {
  let last = { subject: '', at: 0 };
  return (vm, transfer) => {
    const { clock } = call.environment;
    const subject = `${vm} ${transfer.phase ?? 'copying'}`;
    if (subject !== last.subject || clock.now() - last.at >= progressEveryMs) {
      last = { subject, at: clock.now() };
      const phase = transfer.phase ?? ('copying' as const);
      note(
        call,
        `${timeOfDay(now())} vm/${vm} ${phase}: ${formatSize(transfer.doneBytes)} of ${formatSize(transfer.totalBytes)}`,
      );
    }
  };
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
  const read = table(['VM', 'REPLICA', 'POINTS', 'COMPARED WITH', 'FOUND'], cells, style);
  const proofs = rows.flatMap(({ vm, proof }) => (proof === undefined ? [] : [[vm, ...proofCells(proof, style)]]));
  const heading = ['VM', 'NEW POINT', 'READ AT SOURCE', 'READ AT REPLICA', 'PROVEN'];
  return proofs.length === 0 ? read : `${read}\n${table(heading, proofs, style)}`;
}

function proofCells(proof: ProofRow, style: Style): readonly string[] {
  if (proof.verdict === 'not-proven') {
    return ['-', '-', '-', `${style.warn('! not proven')}: ${proof.why}`];
  }
  const read = [proof.point, formatSize(proof.sourceBytes), formatSize(proof.replicaBytes)];
  const equal = `equal to its source at ${timeOfDay(proof.at)}`;
  return proof.why === undefined
    ? [...read, style.good(`✔ ${equal}`)]
    : [...read, `${style.bad('✗ had differed')}, now ${equal}: ${proof.why}`];
}
