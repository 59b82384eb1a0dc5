import { expect } from '@jest/globals';
import { createWorld, type World } from '../../src/hypervisors/simulated/world.js';
import type { WorldSpec } from '../../src/hypervisors/simulated/world-spec.js';
import type { Estate, Site } from '../../src/model/estate.js';
import { type Failure, FailureError } from '../../src/model/failure.js';

/** Two sites: north with two hosts, south with one; a `prod` and an isolated `drill` network in each. */
export const twoSites: Estate = {
  sites: { north: site('north', ['north-1', 'north-2']), south: site('south', ['south-1']) },
  links: { wan: { name: 'wan', between: ['north', 'south'], bytesPerSecond: 100e6, windows: [] } },
  tls: 'off',
  store: { sqlite: 'lifeboat.db' },
};

function site(name: string, hosts: readonly string[]): Site {
  return {
    name,
    hosts: Object.fromEntries(
      hosts.map((host) => [
        host,
        {
          name: host,
          site: name,
          uri: `qemu+ssh://root@${host}/system`,
          address: host,
          peerUri: `qemu+ssh://root@${host}/system`,
          fence: { agent: 'fence_virsh', options: { plug: host } },
        },
      ]),
    ),
    networks: { prod: `br-${name}`, drill: 'br-drill' },
    images: '/var/lib/libvirt/images',
    replicas: '/var/lib/lifeboat/replicas',
  };
}

export const north1 = { site: 'north', host: 'north-1' };
export const north2 = { site: 'north', host: 'north-2' };
export const south1 = { site: 'south', host: 'south-1' };

/** A signal that nobody aborts. */
export const never: AbortSignal = new AbortController().signal;

export const nothing = (): void => undefined;

export function rehearse(spec: WorldSpec, seed = 1): World {
  return createWorld({ estate: twoSites, spec: { controllerSite: 'south', ...spec }, seed });
}

/** Lets the world's time pass until the call is answered. Fails when nothing is due that could answer it. */
export async function answered<Answer>(world: World, call: Promise<Answer>): Promise<Answer> {
  expect(await world.clock.run({ until: call, limitAt: world.clock.now() + 3_600_000 })).toBe('reached');
  return await call;
}

/** The failure of a call that must fail. */
export async function failureOf(world: World, call: Promise<unknown>): Promise<Failure> {
  const outcome = call.then(
    () => new Error('The call was to fail and did not'),
    (error: unknown) => error,
  );
  const error = await answered(world, outcome);
  if (!(error instanceof FailureError)) {
    throw error;
  }
  return error.failure;
}

/** Lets virtual time pass. */
export async function pass(world: World, ms: number): Promise<void> {
  await world.clock.run({ until: world.clock.now() + ms });
}

/** The VM's id as the host has it. */
export async function idOf(world: World, host: string, name: string): Promise<string> {
  const { vms } = await answered(world, world.hypervisor.host(host, never));
  const vm = vms.find((each) => each.name === name);
  if (vm === undefined) {
    throw new Error(`${host} has no ${name}`);
  }
  return vm.id;
}
