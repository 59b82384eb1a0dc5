import { createHolds } from '../../engine/holds.js';
import { readInventory } from '../../engine/inventory.js';
import { formatPlace } from '../../model/place.js';
import { formatDuration } from '../../model/units.js';
import { stateWords } from '../../storage-sync/lag.js';
import { createProofHolds } from '../../storage-sync/proof-holds.js';
import { type Replicator, startReplicator } from '../../storage-sync/replicator.js';
import { obstacleOf, standingOf, type Tended } from '../../storage-sync/tended-vm.js';
import { argument, type Call, note, operatorOf, optionFlag } from '../call.js';
import type { World } from '../drivers.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { tell } from '../plan-making.js';
import { stateText } from '../progress/protection-frame.js';
import { openProtectionScreen } from '../progress/protection-screen.js';
import { timeOfDay } from '../progress/words.js';
import { usage } from '../refusal.js';
import { readSubject, type Subject } from '../subject.js';
import { table } from '../table.js';

/** `lifeboat protect`: tends the replicas of a runbook's VMs until Ctrl-C, or with --once makes one cycle of each. */
export async function protectCommand(call: Call): Promise<ExitCode> {
  const subject = readProtected(call);
  const isOnce = optionFlag(call, 'once');
  return withWorld(call, { ...subject, isKept: true, isEndless: !isOnce }, async (world) => {
    const replicator = await world.during(start(call, { subject, world, isOnce }));
    const how = await showUntilItEnds(call, { subject, world, replicator });
    const rows = rowsOf(replicator, world.ports.clock.now());
    const exitCode = how === 'done' ? exitCodeOf(replicator, rows) : exitCodes.interrupted;
    const target = replicator.rules.rpoMs;
    const isAborted = how === 'aborted';
    tell(call, () => text(call, rows, target), {
      kind: 'Protection',
      members: {
        runbook: subject.runbook.name,
        ended: how,
        exitCode,
        ...(target === undefined ? {} : { targetMs: target }),
        vms: rows,
      },
    });
    if (how !== 'done') {
      note(
        call,
        isAborted ? 'left at once; the next start goes on from what the replicas hold' : 'ended at a safe point',
      );
    }
    return exitCode;
  });
}

/** The runbook that was named, if it has anything to replicate. */
export function readProtected(call: Call): Subject {
  const subject = readSubject(call, argument(call, 0));
  if (!subject.isFile || subject.runbook.groups.every(({ replicate }) => replicate === undefined)) {
    throw usage(
      subject.isFile
        ? `${subject.name}: no group of it has \`replicate\`, so there is nothing to ${call.command}`
        : `lifeboat ${call.command}: ${subject.name} is a host, and a runbook is wanted`,
      'Name a runbook with for example `replicate: { method: block-sync, every: 5m }` in a group.',
    );
  }
  return subject;
}

interface Protected {
  readonly subject: Subject;
  readonly world: World;
}

function start(call: Call, { subject, world, isOnce }: Protected & { readonly isOnce: boolean }): Promise<Replicator> {
  const { ports, store } = world;
  const { estate } = subject.estate;
  const runs = createHolds(store.journal);
  const proofs = createProofHolds(store.journal, store.leases);
  return startReplicator({
    replicas: ports.replicas,
    clock: ports.clock,
    estate,
    runbook: subject.runbook,
    journal: store.journal,
    leases: store.leases,
    holder: call.environment.holder,
    by: operatorOf(call),
    look: (signal) => readInventory({ ports, estate, journal: store.journal, signal }),
    holds: async () => new Map([...(await proofs()), ...(await runs())]),
    notifier: ports.notifier,
    wallClock: call.environment.clock,
    isOnce,
  });
}

/** The first Ctrl-C ends it at a safe point, the second at once. */
async function showUntilItEnds(
  call: Call,
  { subject, world, replicator }: Protected & { readonly replicator: Replicator },
): Promise<'done' | 'stopped' | 'aborted'> {
  const now = (): number => world.ports.clock.now();
  const screen = openProtectionScreen(call, { runbook: subject.runbook.name, replicator, now });
  let count = 0;
  let forget: () => void = () => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    forget = call.environment.onInterrupt(() => {
      count += 1;
      if (count === 1) {
        screen.say('Ctrl-C: no new cycle begins, those under way end at a safe point. Once more ends at once.');
        replicator.stop();
      } else {
        resolve('aborted');
      }
    });
  });
  try {
    return await world.during(Promise.race([replicator.ended, aborted]), () => replicator.isBusy());
  } finally {
    forget();
    screen.close();
  }
}

/** One VM at the end; its members may be added to, never changed. */
interface ProtectionRow {
  readonly vm: string;
  readonly method: string;
  readonly state: Parameters<typeof stateText>[0];
  readonly words: string;
  readonly replica?: string;
  readonly dataAgeMs?: number;
  readonly lastPointAt?: number;
  readonly why?: string;
  /** What came of its last cycle. */
  readonly cycle: 'synced' | 'failed' | 'not-begun';
  readonly code?: string;
}

function rowsOf(replicator: Replicator, now: number): readonly ProtectionRow[] {
  return [...replicator.state().vms.values()].map((tended) => {
    const { member, replica, failure } = tended;
    const { state, ageMs, why } = standingOf(tended, replicator.rules, now);
    return {
      vm: member.vm,
      method: member.replicate.method,
      state,
      words: stateWords[state],
      ...(member.route === undefined ? {} : { replica: formatPlace(member.route.to) }),
      ...(ageMs === undefined ? {} : { dataAgeMs: ageMs }),
      ...(replica.dataAsOf === undefined ? {} : { lastPointAt: replica.dataAsOf }),
      ...(why === undefined ? {} : { why }),
      cycle: cycleOf(tended),
      ...(failure === undefined ? {} : { code: failure.code }),
    };
  });
}

function cycleOf({ tries, failure, ...tended }: Tended): ProtectionRow['cycle'] {
  if (failure !== undefined) {
    return 'failed';
  }
  return tries === 0 || obstacleOf({ tries, ...tended }) !== undefined ? 'not-begun' : 'synced';
}

/** A host that does not answer speaks first. */
function exitCodeOf(replicator: Replicator, rows: readonly ProtectionRow[]): ExitCode {
  const left = rows.filter(({ cycle }) => cycle !== 'synced');
  if (left.length === 0) {
    return exitCodes.done;
  }
  const isSilent = [...replicator.state().vms.values()].some(
    ({ member, failure }) => member.isSourceSilent || member.isTargetSilent || failure?.code === 'host-unreachable',
  );
  if (isSilent) {
    return exitCodes.unreachable;
  }
  return left.length === rows.length ? exitCodes.failed : exitCodes.withErrors;
}

function text(call: Call, rows: readonly ProtectionRow[], targetMs: number | undefined): string {
  const target = targetMs === undefined ? '-' : formatDuration(targetMs);
  const cells = rows.map(({ vm, state, replica, lastPointAt, dataAgeMs, why, method }) => [
    vm,
    method,
    replica ?? '-',
    lastPointAt === undefined ? '-' : timeOfDay(lastPointAt),
    dataAgeMs === undefined ? '-' : formatDuration(dataAgeMs),
    target,
    `${stateText(state, call.style)}${why === undefined ? '' : `: ${why}`}`,
  ]);
  return table(['VM', 'METHOD', 'REPLICA', 'LAST POINT', 'RPO NOW', 'TARGET', 'STATE'], cells, call.style);
}
