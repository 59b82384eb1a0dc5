import type { Entry, EntryBody } from '../../src/model/entry.js';
import type { Failure } from '../../src/model/failure.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Mode } from '../../src/model/mode.js';
import type { Place } from '../../src/model/place.js';
import type { Lane, Plan, Stage, Step, StepKind } from '../../src/model/plan.js';
import type { RunRequest } from '../../src/model/request.js';

/** When every hand-made run is requested: 2026-03-01 14:00:00 UTC. */
export const requestedAt = Date.UTC(2026, 2, 1, 14, 0, 0);

const north: Place = { site: 'north', host: 'north-1' };
const south: Place = { site: 'south', host: 'south-1' };

/** Writes entries one after the other; `at` is in seconds after the request. */
export function journal(): {
  readonly entries: Entry[];
  readonly add: (seconds: number, body: EntryBody, author?: string) => void;
} {
  const entries: Entry[] = [];
  const add = (seconds: number, body: EntryBody, author = 'engine'): void => {
    entries.push({ ...body, seq: entries.length + 1, at: requestedAt + seconds * 1_000, author });
  };
  return { entries, add };
}

export function step(kind: StepKind, title: string, changes: Partial<Step> = {}): Step {
  return {
    id: kind,
    kind,
    action: 'run',
    title,
    input: {},
    retry: { attempts: 1, backoffMs: 1_000 },
    timeoutMs: 60_000,
    onFailure: 'fail',
    isSkippable: true,
    uses: [],
    ...changes,
  };
}

export function lane(subject: Lane['subject'], steps: readonly Step[], changes: Partial<Lane> = {}): Lane {
  const id = `${subject.kind}/${subject.name}`;
  return { id, subject, title: subject.name, after: [], steps, recovery: [], ...changes };
}

export function plan(mode: Mode, stages: readonly Stage[], changes: Partial<Plan> = {}): Plan {
  const request: RunRequest = { mode, by: 'alice', at: requestedAt };
  const digests = { runbook: 'a'.repeat(64), estate: 'b'.repeat(64), inventory: 'c'.repeat(64) };
  return {
    version: 1,
    runbook: 'payroll',
    mode,
    request,
    madeAt: requestedAt,
    digests,
    stages,
    skipped: [],
    findings: [],
    slots: {},
    onLaneFailure: 'continue',
    authority: [],
    objectives: {},
    estimates: { durationMs: 60_000, bytes: 0, vms: [] },
    ...changes,
  };
}

export const lost: Failure = {
  code: 'host-unreachable',
  kind: 'transient',
  message: 'south-1 did not answer in 30s',
  hint: 'Check the host and the network between',
};

export const refused: Failure = {
  code: 'check-failed',
  kind: 'precondition',
  message: 'the replica of web-1 has no recovery point',
};

/** A failover of these VMs, all of them recovered but those named in `failing`, in waves of four. */
export function failover({
  vms,
  failing = [],
  stages = 1,
}: {
  readonly vms: readonly string[];
  readonly failing?: readonly string[];
  readonly stages?: number;
}): readonly Entry[] {
  const { entries, add } = journal();
  const perStage = Math.ceil(vms.length / stages);
  const levels = Array.from({ length: stages }, (_, index) => vms.slice(index * perStage, (index + 1) * perStage));
  const made = failoverPlan(levels);
  add(0, { type: 'run.requested', request: made.request, runbook: made.runbook }, 'alice');
  add(2, { type: 'run.planned', plan: made });
  add(3, { type: 'run.started' });
  addFence(add);
  let at = 10;
  for (const vm of levels.flat()) {
    addVm(add, { vm, at, isFailing: failing.includes(vm) });
    at += vms.indexOf(vm) % 4 === 3 ? 8 : 0.1;
  }
  add(at + 20, { type: 'run.finished', result: failing.length === 0 ? 'succeeded' : 'with-errors' });
  return entries.toSorted((one, other) => one.at - other.at).map((entry, index) => ({ ...entry, seq: index + 1 }));
}

function failoverPlan(levels: readonly (readonly string[])[]): Plan {
  const fence = step('fence', 'Fence north-1', { onFailure: 'ask', isSkippable: false });
  const proofs = { id: 'proofs', title: 'Proofs of death', isAlways: false };
  const stages = levels.map((names, index) => ({
    id: `level-${index + 1}`,
    title: `Priority ${index + 1}`,
    isAlways: false,
    lanes: names.map((vm) => lane({ kind: 'vm', name: vm }, vmSteps(vm))),
  }));
  const vms = levels.flat();
  return plan('failover', [{ ...proofs, lanes: [lane({ kind: 'host', name: 'north-1' }, [fence])] }, ...stages], {
    objectives: { rpoMs: 30_000, rtoMs: 600_000 },
    estimates: {
      durationMs: 60_000,
      bytes: 0,
      vms: vms.map((vm) => ({
        vm,
        method: 'promote',
        target: south,
        durationMs: 12_000,
        downtimeMs: 0,
        bytes: 0,
        dataAgeMs: 20_000,
      })),
    },
  });
}

function vmSteps(vm: string): readonly Step[] {
  const takes = { rule: 'takes', vm, from: north, to: south, deadHosts: ['north-1'] } as const;
  return [
    step('check', `Check the replica of ${vm}`),
    step('promote', `Promote ${vm}`, { authority: takes }),
    step('start', `Start ${vm}`, {
      retry: { attempts: 3, backoffMs: 1_000 },
      authority: { rule: 'needs-at', vm, place: south },
    }),
    step('ready', `${vm} answers on tcp 5432`, { id: 'ready-1' }),
  ];
}

type Add = ReturnType<typeof journal>['add'];

function addFence(add: Add): void {
  const fence = { lane: 'host/north-1', step: 'fence' };
  add(3.1, { type: 'step.started', attempt: 1, deadlineAt: requestedAt + 63_000, ...fence });
  add(8, {
    type: 'death.proven',
    host: 'north-1',
    proof: { kind: 'fenced-off', host: 'north-1', agent: 'fence_ipmilan', at: requestedAt + 8_000 },
  });
  add(8, { type: 'step.succeeded', output: {}, ...fence });
}

function addVm(
  add: Add,
  { vm, at, isFailing }: { readonly vm: string; readonly at: number; readonly isFailing: boolean },
): void {
  const run = (id: string, from: number, to: number, output: JsonObject): void => {
    add(from, { type: 'step.started', attempt: 1, deadlineAt: requestedAt + 600_000, lane: `vm/${vm}`, step: id });
    add(to, { type: 'step.succeeded', output, lane: `vm/${vm}`, step: id });
  };
  if (isFailing) {
    add(at, { type: 'step.started', attempt: 1, deadlineAt: requestedAt, lane: `vm/${vm}`, step: 'check' });
    add(at + 0.4, { type: 'step.failed', failure: refused, lane: `vm/${vm}`, step: 'check' });
    return;
  }
  run('check', at, at + 0.4, {});
  run('promote', at + 0.5, at + 1.5, { point: { id: 'p-7', at: requestedAt - 12_000 } });
  add(at + 1.5, {
    type: 'authority.moved',
    authority: {
      vm,
      epoch: 2,
      since: requestedAt + (at + 1.5) * 1_000,
      state: 'at',
      place: south,
      proof: { kind: 'fenced-off', host: 'north-1', agent: 'fence_ipmilan', at: requestedAt + 8_000 },
    },
  });
  run('start', at + 1.6, at + 3, {});
  run('ready-1', at + 3, at + 9, {});
}
