import type { Entry } from '../../src/model/entry.js';
import type { Failure } from '../../src/model/failure.js';
import type { JsonObject } from '../../src/model/json.js';
import type { Lane, Plan } from '../../src/model/plan.js';
import { journal, lane, lost, plan, refused, requestedAt, step } from './journals.js';

const north = { site: 'north', host: 'north-1' } as const;
const south = { site: 'south', host: 'south-1' } as const;
const order = [
  ['db-1', 'db-2'],
  ['app-1', 'app-2', 'queue-1'],
  ['web-1', 'web-2', 'web-3', 'batch-1'],
] as const;

/**
 * A failover in which nearly everything happens that can: a fence that waits and is attested, a retry, a take-up with a
 * look at the world, a pause, a step skipped by an operator, a failed and a blocked VM, a notice that was not sent.
 */
export function eventfulRun(): readonly Entry[] {
  const { entries, add } = journal();
  const made = eventfulPlan();
  const start = (at: number, id: string, name: string, attempt = 1): void => {
    add(at, { type: 'step.started', attempt, deadlineAt: requestedAt + 600_000, lane: id, step: name });
  };
  const succeed = (at: number, id: string, name: string, output: JsonObject = {}): void => {
    add(at, { type: 'step.succeeded', output, lane: id, step: name });
  };
  const fail = (at: number, id: string, name: string, failure: Failure): void => {
    add(at, { type: 'step.failed', failure, lane: id, step: name });
  };
  const recover = (vm: string, at: number, { ageMs = 4_000, readyMs = 8_000 } = {}): void => {
    const id = `vm/${vm}`;
    start(at, id, 'check');
    succeed(at + 0.8, id, 'check');
    promote(vm, at + 0.9, ageMs);
    start(at + 3.6, id, 'start');
    succeed(at + 6, id, 'start');
    start(at + 6.1, id, 'ready');
    succeed(at + 6.1 + readyMs / 1_000, id, 'ready');
  };
  const promote = (vm: string, at: number, ageMs: number): void => {
    start(at, `vm/${vm}`, 'promote');
    succeed(at + 2.5, `vm/${vm}`, 'promote', { point: { id: 'p-9', at: requestedAt - ageMs } });
    const proof = { kind: 'attested', host: 'north-1', by: 'alice', reason: 'rack is dark', at: requestedAt } as const;
    const authority = { vm, epoch: 3, since: requestedAt + at * 1_000, state: 'at', place: south, proof } as const;
    add(at + 2.5, { type: 'authority.moved', authority });
  };

  add(0, { type: 'run.requested', request: made.request, runbook: made.runbook }, 'alice');
  add(1.2, { type: 'run.planned', plan: made });
  add(1.5, { type: 'run.started' });
  add(2, {
    type: 'notice.failed',
    event: 'started',
    failure: { ...lost, code: 'notice-not-sent', message: 'no answer' },
  });
  start(1.6, 'host/north-1', 'fence');
  fail(14, 'host/north-1', 'fence', {
    ...lost,
    kind: 'permanent',
    code: 'fence-failed',
    message: 'the device is silent',
  });
  add(31, { type: 'operator.moved', move: { move: 'attest', host: 'north-1' }, reason: 'rack is dark' }, 'alice');
  const attested = { kind: 'attested', host: 'north-1', by: 'alice', reason: 'rack is dark' } as const;
  add(31, { type: 'death.proven', host: 'north-1', proof: { ...attested, at: requestedAt + 31_000 } });
  recover('db-1', 31.2);
  start(31.3, 'vm/db-2', 'check');
  succeed(32, 'vm/db-2', 'check');
  promote('db-2', 32.1, 41_000);
  start(35, 'vm/db-2', 'start');
  fail(40, 'vm/db-2', 'start', { ...lost, cause: 'error: unable to connect\nerror: Connection timed out' });
  start(46, 'vm/db-2', 'start', 2);
  add(70, { type: 'run.taken-up', reason: 'the engine on control-1 ended' });
  const evidence = 'db-2 is running on south-1 since 14:00:48';
  add(71, {
    type: 'step.observed',
    observation: { verdict: 'done', evidence, output: {} },
    lane: 'vm/db-2',
    step: 'start',
  });
  start(71.2, 'vm/db-2', 'ready');
  succeed(79, 'vm/db-2', 'ready');
  add(80, { type: 'operator.moved', move: { move: 'pause' }, reason: 'checking the database' }, 'bob');
  add(92, { type: 'operator.moved', move: { move: 'resume' }, reason: 'looks good' }, 'bob');
  recover('app-1', 92.2);
  recover('app-2', 92.4, { readyMs: 14_000 });
  start(92.6, 'vm/queue-1', 'check');
  fail(93.2, 'vm/queue-1', 'check', { ...refused, message: 'the replica of queue-1 has no recovery point' });
  recover('web-1', 114, { ageMs: 9_000 });
  recover('web-2', 114.2);
  start(114.4, 'vm/web-3', 'check');
  succeed(115, 'vm/web-3', 'check');
  promote('web-3', 115.1, 6_000);
  start(118, 'vm/web-3', 'start');
  succeed(121, 'vm/web-3', 'start');
  start(121.1, 'vm/web-3', 'ready');
  fail(133, 'vm/web-3', 'ready', {
    ...lost,
    kind: 'permanent',
    code: 'not-ready',
    message: 'no answer on tcp 443 in 12s',
  });
  add(150, { type: 'operator.moved', move: { move: 'skip', lane: 'vm/web-3' }, reason: 'certificate, known' }, 'bob');
  add(151, { type: 'notice.sent', event: 'finished', to: 'ops@example.org' });
  add(152, { type: 'run.finished', result: 'with-errors' });
  return entries.toSorted((one, other) => one.at - other.at).map((entry, index) => ({ ...entry, seq: index + 1 }));
}

function eventfulPlan(): Plan {
  const fence = step('fence', 'Fence north-1', { onFailure: 'ask', isSkippable: false });
  const stages = order.map((names, index) => ({
    id: `level-${index + 1}`,
    title: `Priority ${index + 1}: ${['database', 'application', 'web'][index] ?? ''}`,
    isAlways: false,
    lanes: names.map(vmLane),
  }));
  const proofs = { id: 'proofs', title: 'Proofs of death', isAlways: false };
  return plan('failover', [{ ...proofs, lanes: [lane({ kind: 'host', name: 'north-1' }, [fence])] }, ...stages], {
    objectives: { rpoMs: 30_000, rtoMs: 180_000 },
    skipped: [{ vm: 'legacy-1', code: 'no-replica', reason: 'has no replica at south' }],
    findings: [
      {
        code: 'no-agent',
        severity: 'warning',
        subject: 'web-3',
        message: 'web-3 has no guest agent',
        hint: 'Install qemu-guest-agent in the guest',
      },
    ],
    estimates: {
      durationMs: 95_000,
      bytes: 0,
      vms: order.flat().map((vm) => ({
        vm,
        method: 'promote',
        target: south,
        durationMs: 14_000,
        downtimeMs: 0,
        bytes: 0,
        dataAgeMs: 5_000,
      })),
    },
  });
}

function vmLane(vm: string): Lane {
  const takes = { rule: 'takes', vm, from: north, to: south, deadHosts: ['north-1'] } as const;
  const steps = [
    step('check', `Check the replica of ${vm}`),
    step('promote', `Promote ${vm}`, { authority: takes }),
    step('start', `Start ${vm}`, { retry: { attempts: 3, backoffMs: 5_000 } }),
    step('ready', `${vm} answers`, { onFailure: 'ask' }),
  ];
  return lane({ kind: 'vm', name: vm }, steps, { after: vm === 'batch-1' ? ['vm/queue-1'] : [] });
}
