import { describe, expect, it } from '@jest/globals';
import { DomainJobType, DomainRunningReason, DomainState, ErrorNumber, LibvirtError } from 'node-libvirt';
import { lookAtSource } from './both.js';
import { never, type Tools } from './tools.js';

const dom = { name: 'db-1', uuid: '11111111-1111-4111-8111-111111111111', id: 1 };
const way = { id: dom.uuid, source: 'north-1', target: 'north-2' };

const refusal = (number: number): LibvirtError =>
  new LibvirtError('domainGetJobStats', { number, domain: 10, level: 2, message: 'no' } as LibvirtError['reported']);

/** A source that has the VM running when it is first asked; what it says of its job, and then of the VM. */
function source(job: () => unknown, afterwards: number | undefined): Pick<Tools, 'connections'> {
  const states = [DomainState.RUNNING, afterwards];
  const libvirt = {
    domainLookupByUUID: async () => {
      if (states[0] === undefined) throw refusal(ErrorNumber.NO_DOMAIN);
      return dom;
    },
    domainGetState: async () => ({ state: states.shift(), reason: DomainRunningReason.BOOTED }),
    domainGetJobStats: async () => job(),
  };
  return { connections: { to: async () => libvirt } } as unknown as Pick<Tools, 'connections'>;
}

const none = (): unknown => ({ type: DomainJobType.NONE, params: [] });
const ended = (number: number) => (): never => {
  throw refusal(number);
};

describe('a look at the source', () => {
  it('tells of a VM that runs there, and of no job', async () => {
    const look = await lookAtSource(source(none, DomainState.RUNNING), way, never);
    expect(look).toMatchObject({ source: { state: 'running', hasNeverLeft: true } });
    expect(look.job).toBeUndefined();
  });

  it.each([
    ['has left when its job is asked for', ended(ErrorNumber.OPERATION_INVALID)],
    ['is forgotten when its job is asked for', ended(ErrorNumber.NO_DOMAIN)],
    ['leaves while its job ends', none],
  ])('does not take a VM for one that stays when it %s', async (_, job) => {
    expect((await lookAtSource(source(job, DomainState.SHUTOFF), way, never)).source?.state).toBe('shut-off');
    expect(await lookAtSource(source(job, undefined), way, never)).toEqual({ source: undefined, job: undefined });
  });

  it('passes on what libvirt refuses otherwise', async () => {
    const look = lookAtSource(source(ended(ErrorNumber.INTERNAL_ERROR), DomainState.RUNNING), way, never);
    await expect(look).rejects.toMatchObject({ failure: { code: 'libvirt-refused' } });
  });
});
