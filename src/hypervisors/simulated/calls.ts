import { FailureError } from '../../model/failure.js';
import type { TransferProgress } from '../hypervisor.js';
import { type Call, isChange, type Outcome, type Request } from './call.js';
import { after, asAsked, type Core, nextId, type Waiter, type Watcher } from './core.js';
import { abortedBy, refused, replyLost, unreachable } from './failures.js';
import { isCallFault, type WorldFault } from './fault.js';
import { isAnswerable, latencyMs, nameOf } from './network.js';

/** After this long without an answer a connection counts as dead, and a host as unreachable, ms. */
const patienceMs = 5_000;

/** Whether this is a call whose operation ends when its caller wants it to. */
function isAbortable({ request }: Call): boolean {
  return ['migrate', 'carry', 'sync', 'cycle', 'prove', 'reverse'].includes(request.method);
}

/** Sends a request on its way. What it sets going goes on when nobody awaits the answer any more. */
export function ask<Answer>(
  core: Core,
  request: Request,
  signal: AbortSignal,
  progress?: (progress: TransferProgress) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortedBy(signal.reason, request, false));
      return;
    }
    const call = register(core, request);
    const settle = watch(core, signal, () => abort(core, call, signal.reason));
    core.waiters.set(call.id, {
      resolve: (value) => {
        settle();
        resolve(value as Answer);
      },
      reject: (error) => {
        settle();
        reject(error);
      },
      ...(progress === undefined ? {} : { progress }),
    });
    after(core, latencyMs(core, call), { event: 'call-arrives', call: call.id });
  });
}

function watch({ watchers }: Core, signal: AbortSignal, onAbort: () => void): () => void {
  const watcher = watchers.get(signal) ?? newWatcher();
  if (watcher.each.size === 0) {
    watchers.set(signal, watcher);
    signal.addEventListener('abort', watcher.tell);
  }
  watcher.each.add(onAbort);
  return () => {
    watcher.each.delete(onAbort);
    if (watcher.each.size === 0) {
      signal.removeEventListener('abort', watcher.tell);
    }
  };
}

function newWatcher(): Watcher {
  const each = new Set<() => void>();
  return { each, tell: () => [...each].forEach((tell) => tell()) };
}

function register(core: Core, request: Request): Call {
  const { state } = core;
  const name = `${request.port}.${request.method}`;
  const count = (state.callCounts[name] ?? 0) + 1;
  state.callCounts[name] = count;
  const call: Call = { id: nextId(core), request, nth: count, isWorking: false, isForsaken: false };
  const own = state.faults.find(
    ({ onCall, fault }) => `${onCall.port}.${onCall.method}` === name && onCall.nth === count && isCallFault(fault),
  );
  if (own !== undefined && isCallFault(own.fault)) {
    call.fate = own.fault.kind;
  }
  state.calls[call.id] = call;
  return call;
}

/** The call reaches whom it asks: `perform` does what it says, and returns nothing when that takes time. */
export function arrive(core: Core, id: number, perform: (call: Call) => Outcome | undefined): void {
  const call = core.state.calls[id];
  if (call === undefined || call.fate === 'call-hangs') {
    return;
  }
  if (!isAnswerable(core, call.request)) {
    after(core, patienceMs, { event: 'call-lost', call: id });
    return;
  }
  call.isWorking = true;
  if (call.fate === 'call-refused') {
    answer(core, call, refused(call.request, nameOf(call.request)));
    return;
  }
  const outcome = asAsked(core, () => perform(call));
  if (outcome !== undefined) {
    answer(core, call, outcome);
  }
  for (const { fault, afterMs } of faultsOf(core, call)) {
    after(core, afterMs ?? 0, { event: 'fault', fault });
  }
}

function faultsOf(core: Core, { request, nth }: Call): readonly { fault: WorldFault; afterMs: number | undefined }[] {
  return core.state.faults.flatMap(({ onCall, fault, afterMs }) =>
    !isCallFault(fault) && onCall.port === request.port && onCall.method === request.method && onCall.nth === nth
      ? [{ fault, afterMs }]
      : [],
  );
}

/** Sends the answer back. */
export function answer(core: Core, call: Call, outcome: Outcome): void {
  delete call.waitsFor;
  const delayMs = latencyMs(core, call) + (outcome.tookMs ?? 0);
  after(core, delayMs, { event: 'call-answered', call: call.id, outcome });
}

/** Answers every call that waits for this. */
export function answerWaiting(
  core: Core,
  isFor: (wait: NonNullable<Call['waitsFor']>) => boolean,
  outcome: Outcome,
): void {
  for (const call of Object.values(core.state.calls)) {
    if (call.waitsFor !== undefined && isFor(call.waitsFor)) {
      answer(core, call, outcome);
    }
  }
}

/** The answer reaches the caller, or is lost on its way. */
export function deliver(core: Core, id: number, outcome: Outcome): void {
  const call = core.state.calls[id];
  if (call === undefined) {
    return;
  }
  if (call.fate === 'reply-lost') {
    lose(core, id);
  } else if (isAnswerable(core, call.request)) {
    end(core, id, outcome);
  } else {
    after(core, patienceMs, { event: 'call-lost', call: id });
  }
}

/** The connection is found dead. Whether something happened is not known, unless the call only looked or never arrived. */
export function lose(core: Core, id: number): void {
  const call = core.state.calls[id];
  if (call !== undefined) {
    const fail = call.isWorking && isChange(call.request) ? replyLost : unreachable;
    end(core, id, fail(call.request, nameOf(call.request)));
  }
}

/** Calls under way whose host can no longer be reached find out after a while, even if it is back by then. */
export function loseUnanswerable(core: Core): void {
  for (const call of Object.values(core.state.calls)) {
    if (call.isWorking && !isAnswerable(core, call.request)) {
      after(core, patienceMs, { event: 'call-lost', call: call.id });
    }
  }
}

/** Whether somebody who is alive waits for the end of the transfer. */
export function isAwaited(core: Core, transfer: number): boolean {
  return Object.values(core.state.calls).some(
    ({ waitsFor, isForsaken }) =>
      !isForsaken && waitsFor !== undefined && 'transfer' in waitsFor && waitsFor.transfer === transfer,
  );
}

function end(core: Core, id: number, outcome: Outcome): void {
  const waiter = takeWaiter(core, id);
  delete core.state.calls[id];
  if (waiter === undefined) {
    return;
  }
  core.clock.calledOut();
  if ('failure' in outcome) {
    waiter.reject(new FailureError(outcome.failure));
  } else {
    waiter.resolve('value' in outcome ? outcome.value : undefined);
  }
}

function takeWaiter(core: Core, id: number): Waiter | undefined {
  const waiter = core.waiters.get(id);
  core.waiters.delete(id);
  return waiter;
}

function abort(core: Core, call: Call, reason: unknown): void {
  if (!core.waiters.has(call.id)) {
    return;
  }
  if (isAbortable(call) && call.fate !== 'call-hangs') {
    after(core, latencyMs(core, call), { event: 'call-aborted', call: call.id });
    return;
  }
  call.isForsaken = true;
  core.clock.calledOut();
  takeWaiter(core, call.id)?.reject(abortedBy(reason, call.request, true));
}

/** Nobody awaits any call any more, as when the process that made them is killed. */
export function forsakeAll(core: Core): void {
  core.waiters.clear();
  for (const call of Object.values(core.state.calls)) {
    call.isForsaken = true;
  }
}
