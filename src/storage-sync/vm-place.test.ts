import { describe, expect, it } from '@jest/globals';
import type { Site } from '../model/estate.js';
import { FailureError } from '../model/failure.js';
import type { VmFacts, VmState } from '../model/inventory.js';
import { findVm } from './vm-place.js';

const never = new AbortController().signal;
const host = (name: string) => ({ name, site: 'north', uri: '', address: '', peerUri: '' });
const site: Site = {
  name: 'north',
  hosts: { 'north-1': host('north-1'), 'north-2': host('north-2'), 'north-3': host('north-3') },
  networks: {},
  images: '/images',
  replicas: '/replicas',
};

/** What each host says of db-1; `gone` for one that cannot be asked. */
const place = async (states: Readonly<Record<string, VmState | 'gone'>>, id: string | undefined = 'id') => {
  const facts = (at: string): VmFacts | undefined => {
    const state = states[at];
    if (state === 'gone')
      throw new FailureError({ code: 'host-unreachable', kind: 'transient', message: `${at} is gone` });
    return state === undefined ? undefined : ({ id: 'id', name: 'db-1', host: at, state } as VmFacts);
  };
  const hypervisor = {
    vm: async (at: string) => facts(at),
    host: async (at: string) => ({ vms: [facts(at)].filter((each) => each !== undefined) }),
  };
  const sought = { vm: 'db-1', id, from: { site: 'north', host: 'north-1' }, site };
  return (await findVm(sought, hypervisor, never))?.host;
};

describe('where a VM is', () => {
  it('is where it is expected, when it is live there, whoever is gone', async () => {
    expect(await place({ 'north-1': 'running', 'north-2': 'gone' })).toBe('north-1');
    expect(await place({ 'north-1': 'paused' }, undefined)).toBe('north-1');
  });

  it('is where it is live, when it has moved', async () => {
    expect(await place({ 'north-2': 'running' })).toBe('north-2');
    expect(await place({ 'north-1': 'shut-off', 'north-3': 'running' })).toBe('north-3');
  });

  it('is where it is expected, when it is shut off everywhere', async () => {
    expect(await place({ 'north-1': 'shut-off', 'north-2': 'shut-off' })).toBe('north-1');
    expect(await place({ 'north-2': 'shut-off' })).toBe('north-2');
  });

  it('cannot be told while a host is gone that may have it live', async () => {
    await expect(place({ 'north-1': 'shut-off', 'north-2': 'gone' })).rejects.toThrow('north-2 is gone');
    await expect(place({ 'north-2': 'gone' })).rejects.toThrow('north-2 is gone');
  });

  it('is nowhere', async () => {
    expect(await place({})).toBeUndefined();
    expect(await place({}, undefined)).toBeUndefined();
  });
});
