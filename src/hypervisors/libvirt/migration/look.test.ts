import { describe, expect, it } from '@jest/globals';
import { DomainJobType, DomainRunningReason, DomainState, ErrorNumber, LibvirtError } from 'node-libvirt';
import { type Looks, seeAtSource } from './look.js';

const dom = { name: 'db-1', uuid: '11111111-1111-4111-8111-111111111111', id: 1 };

const refusal = (number: number): LibvirtError =>
  new LibvirtError('domainGetJobStats', { number, domain: 10, level: 2, message: 'no' } as LibvirtError['reported']);

type Job = Looks['domainGetJobStats'];

/** A source that has the VM running when it is first asked; what it says of its job, and then of the VM. */
function source(job: Job, afterwards: number | undefined): Looks {
  const states: (number | undefined)[] = [DomainState.RUNNING, afterwards];
  return {
    domainLookupByUUID: async () => {
      if (states[0] === undefined) throw refusal(ErrorNumber.NO_DOMAIN);
      return dom;
    },
    domainGetState: async () => ({ state: states.shift() ?? DomainState.NOSTATE, reason: DomainRunningReason.BOOTED }),
    domainGetJobStats: job,
  };
}

const none: Job = async () => ({ type: DomainJobType.NONE, params: [] });
const ended =
  (number: number): Job =>
  async () => {
    throw refusal(number);
  };

describe('a look at the source', () => {
  it('tells of a VM that runs there, and of no job', async () => {
    const look = await seeAtSource(source(none, DomainState.RUNNING), dom.uuid);
    expect(look).toMatchObject({ source: { state: 'running', hasNeverLeft: true } });
    expect(look.job).toBeUndefined();
  });

  it.each([
    ['has left when its job is asked for', ended(ErrorNumber.OPERATION_INVALID)],
    ['is forgotten when its job is asked for', ended(ErrorNumber.NO_DOMAIN)],
    ['leaves while its job ends', none],
  ])('does not take a VM for one that stays when it %s', async (_, job) => {
    expect((await seeAtSource(source(job, DomainState.SHUTOFF), dom.uuid)).source?.state).toBe('shut-off');
    expect(await seeAtSource(source(job, undefined), dom.uuid)).toEqual({ source: undefined, job: undefined });
  });

  it('passes on what libvirt refuses otherwise', async () => {
    const look = seeAtSource(source(ended(ErrorNumber.INTERNAL_ERROR), DomainState.RUNNING), dom.uuid);
    await expect(look).rejects.toMatchObject({ number: ErrorNumber.INTERNAL_ERROR });
  });
});
