import type { Obstacle, Prospect } from '../../model/prospect.js';
import type { Outcome } from './call.js';
import type { Core } from './core.js';
import { failed } from './failures.js';
import { fileOf, natureOf } from './guests.js';
import { atSite } from './moves.js';
import { isReachable } from './network.js';
import type { Guest, HostState } from './world-state.js';

/** After this long without an answer a host counts as unreachable, ms. */
const patienceMs = 5_000;
const lookMs = 100;
const measureMs = 1_000;

/** What stands against moving the VMs of one host to another, and the disks that both see. */
export function prospect(core: Core, source: string, target: string): Outcome {
  const from = core.state.hosts[source];
  const to = core.state.hosts[target];
  if (from === undefined || to === undefined) {
    const name = from === undefined ? source : target;
    return failed('host-not-found', 'permanent', `There is no host ${name}`, 'Name one of the estate');
  }
  const silent = [from, to].find((host) => !isReachable(core, host));
  if (silent !== undefined) {
    const message = `Host ${silent.name} cannot be reached`;
    return { ...failed('host-unreachable', 'transient', message, 'Check the host'), tookMs: patienceMs };
  }
  const guests = Object.values(from.guests);
  const value: Prospect = {
    source,
    target,
    observedAt: core.clock.now(),
    obstacles: guests.flatMap((guest) => obstaclesOf(core, guest, { from, to })),
    sharedDisks: Object.fromEntries(
      guests.map(({ definition: { id, disks } }) => [
        id,
        disks.filter(({ path }) => isShared(core, path, { from, to })).map((disk) => disk.target),
      ]),
    ),
  };
  return { value, tookMs: lookMs };
}

interface Pair {
  readonly from: HostState;
  readonly to: HostState;
}

function isShared(core: Core, path: string, { from, to }: Pair): boolean {
  const file = fileOf(core, from, path);
  return file !== undefined && file === fileOf(core, to, path);
}

function obstaclesOf(core: Core, { definition }: Guest, { from, to }: Pair): readonly Obstacle[] {
  const { id, name, cpuModel } = definition;
  const against = (draft: Pick<Obstacle, 'code' | 'blocks' | 'message' | 'hint'>): Obstacle => ({
    severity: 'blocker',
    vm: id,
    ...draft,
  });
  const missing = atSite(core, definition, from, to).networks.filter((network) => !to.networks.includes(network));
  return [
    ...(cpuModel === undefined || to.cpuModels.includes(cpuModel)
      ? []
      : [
          against({
            code: 'cpu-incompatible',
            blocks: 'live',
            message: `the CPU of ${to.name} does not have all that ${name} runs with (${cpuModel})`,
            hint: 'choose another host',
          }),
        ]),
    ...missing.map((network) =>
      against({
        code: 'network-missing',
        blocks: 'any',
        message: `${to.name} has no network ${network}, to which ${name} is attached`,
        hint: 'make it there',
      }),
    ),
    ...(to.guests[id] === undefined
      ? []
      : [
          against({
            code: 'defined-there',
            blocks: 'any',
            message: `${to.name} has a definition of ${name} already`,
            hint: 'find out which one is right',
          }),
        ]),
  ];
}

/** Memory that each running VM dirties per second, by id. */
export function dirtyRates(core: Core, host: HostState): Outcome {
  const running = Object.values(host.guests).filter(({ state }) => state === 'running');
  const value = Object.fromEntries(
    running.map(({ definition }) => [definition.id, natureOf(core, definition).dirtyBytesPerSecond]),
  );
  return { value, tookMs: measureMs };
}
