import { describe, expect, it } from '@jest/globals';
import { FailureError } from '../../../model/failure.js';
import { atQuietMoment } from './quiesce.js';

const refused = (kind: 'permanent' | 'transient' | 'outcome-unknown') =>
  new FailureError({ code: 'refused', kind, message: 'the host refused', cause: 'its words' });

interface Told {
  readonly freeze?: () => Promise<{ readonly reason?: string }>;
  readonly thaw?: () => Promise<void>;
}

/** A cycle that can freeze, and what was done in it. */
const scene = ({ freeze = async () => ({}), thaw = async () => undefined }: Told = {}) => {
  const acts: string[] = [];
  const notes: string[] = [];
  const backups = {
    freeze: async () => {
      acts.push('freeze');
      return await freeze();
    },
    thaw: async () => {
      acts.push('thaw');
      await thaw();
    },
  };
  const cycle = {
    vm: { id: 'id', name: 'db-1' },
    from: { site: 'north', host: 'north-1' },
    signal: new AbortController().signal,
    note: (text: string) => void notes.push(text),
    tools: { backups },
  };
  const act = async (): Promise<void> => void acts.push('act');
  return { acts, notes, cycle, act };
};

describe('a quiet moment', () => {
  it('lies between freeze and thaw', async () => {
    const { acts, cycle, act, notes } = scene();
    expect(await atQuietMoment(cycle, { isWanted: true, act })).toBe('filesystem');
    expect(acts).toEqual(['freeze', 'act', 'thaw']);
    expect(notes).toEqual([]);
  });

  it('freezes nothing when it is not wanted', async () => {
    const { acts, cycle, act } = scene();
    expect(await atQuietMoment(cycle, { isWanted: false, act })).toBe('crash');
    expect(acts).toEqual(['act']);
  });

  it('ends with a thaw when what is done fails', async () => {
    const { acts, cycle } = scene();
    const act = async (): Promise<void> => {
      throw refused('permanent');
    };
    await expect(atQuietMoment(cycle, { isWanted: true, act })).rejects.toThrow('the host refused');
    expect(acts).toEqual(['freeze', 'thaw']);
  });

  it('goes on without an agent, says so, and has nothing to thaw', async () => {
    const { acts, cycle, act, notes } = scene({ freeze: async () => ({ reason: 'the agent is not connected' }) });
    expect(await atQuietMoment(cycle, { isWanted: true, act })).toBe('crash');
    expect(acts).toEqual(['freeze', 'act']);
    expect(notes.join()).toContain('the agent is not connected');
  });

  it('thaws what may be frozen in part', async () => {
    const { acts, cycle, act, notes } = scene({
      freeze: async () => {
        throw refused('outcome-unknown');
      },
    });
    expect(await atQuietMoment(cycle, { isWanted: true, act })).toBe('crash');
    expect(acts).toEqual(['freeze', 'act', 'thaw']);
    expect(notes.join()).toContain('its words');
  });

  it('does nothing when the host is gone, but would thaw', async () => {
    const { acts, cycle, act } = scene({
      freeze: async () => {
        throw refused('transient');
      },
    });
    await expect(atQuietMoment(cycle, { isWanted: true, act })).rejects.toThrow('the host refused');
    expect(acts).toEqual(['freeze', 'thaw']);
  });

  it('thaws again when it fails, and says aloud when it cannot', async () => {
    let attempts = 0;
    const once = scene({
      thaw: async () => {
        attempts += 1;
        if (attempts < 2) throw refused('transient');
      },
    });
    expect(await atQuietMoment(once.cycle, { isWanted: true, act: once.act })).toBe('filesystem');
    const never = scene({
      thaw: async () => {
        throw refused('transient');
      },
    });
    await expect(atQuietMoment(never.cycle, { isWanted: true, act: never.act })).rejects.toMatchObject({
      failure: { code: 'guest-frozen', hint: expect.stringContaining('virsh domfsthaw db-1') },
    });
    expect(never.acts).toEqual(['freeze', 'act', 'thaw', 'thaw', 'thaw']);
  });
});
