/** Replication by mirrors between real hosts, of guests that count with fsync. */
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FailureError } from '../../src/model/failure.js';
import { countedPast, witnessOf } from './guest.js';
import { lab } from './lab.js';
import { MirrorScene, never } from './mirror/scene.js';

/** Each with the number of disks. The full set (LIFEBOAT_LIVE_ALL=1) has thirty. */
const powerCuts = Array.from(
  { length: process.env['LIFEBOAT_LIVE_ALL'] === '1' ? 30 : 1 },
  (_, index): [number, number] => [index + 1, 2 - (index % 2)],
);

let scene: MirrorScene;
let undo: readonly string[][] = [];

afterEach(async () => {
  for (const command of undo) await lab(...command);
  undo = [];
  await scene[Symbol.asyncDispose]();
});

/** What a call gives once nothing of it is lost on the way, as the replicator asks for it again. */
const onceReachable = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const kind = error instanceof FailureError ? error.failure.kind : 'bug';
      if (kind !== 'transient' && kind !== 'outcome-unknown') throw error;
    }
  }
};

describe('a mirror', () => {
  it.each(powerCuts)(
    '%d: of %d disk(s) loses no write that the guest took for done when its host loses power',
    async (cut, disks) => {
      scene = await MirrorScene.set(`mirror-power-${cut}`, disks);
      const seed = await scene.cycle();
      expect(seed).toMatchObject({ transfer: 'seed' });
      expect(await scene.replica()).toMatchObject({ method: 'mirror', state: 'in-sync' });
      await countedPast(scene.guest.name, await scene.printed());
      expect(await scene.cycle()).toMatchObject({ transfer: 'delta', bytes: 0 });
      const moment = Math.random() * 2_000;
      await pause(moment);
      undo = [['power-on', 'north-1']];
      await lab('power-off', 'north-1');
      const printed = await scene.printed();
      const before = (await scene.replica()).points.at(-1)?.at ?? 0;
      const counters = await scene.promoted('run-1');
      const said = `${moment} ms: printed ${printed}, replica ${counters.join()}`;
      expect({ said, isBehind: counters.some((counter) => counter < printed) }).toEqual({ said, isBehind: false });
      expect(counters).toHaveLength(disks);
      expect((await scene.replica()).points.at(-1)?.at).toBeGreaterThan(before);
      expect(await scene.replicas.promoted(scene.guest.name, scene.to, 'run-1', never)).toBeDefined();
    },
  );

  it('lets the guest go on when its link is silent, and comes back with what was written meanwhile', async () => {
    scene = await MirrorScene.set('mirror-silent', 1);
    await scene.cycle();
    undo = [['heal', 'wan']];
    await lab('cut', 'wan');
    // Whoever is beyond the link can tell the host nothing: the guard there has to see it.
    const cutAt = await scene.printed();
    const after = await countedPast(scene.guest.name, cutAt + 20);
    await lab('heal', 'wan');
    undo = [];
    // Connections that were there before the cut may be lost only now.
    let seen = await onceReachable(() => scene.replica());
    while (seen.state === 'source-lost') seen = await onceReachable(() => scene.replica());
    const { state, points } = seen;
    expect(state).toBe('broken');
    const again = await onceReachable(() => scene.cycle());
    expect(again).toMatchObject({ transfer: 'delta' });
    // A new copy of the disk would come to all of its bytes.
    expect(again.bytes).toBeLessThan((scene.guest.disks[0]?.size ?? 0) / 2);
    const replica = await scene.replica();
    expect(replica).toMatchObject({ state: 'in-sync' });
    // What the mirror had brought before it broke is a point of its own.
    expect(replica.points.length).toBeGreaterThan(points.length);
    const printed = await scene.printed();
    expect(printed).toBeGreaterThanOrEqual(after.printed);
    for (const counter of await scene.promoted('run-1')) expect(counter).toBeGreaterThanOrEqual(printed);
    expect((await witnessOf(scene.guest.name)).on_disk).toBeGreaterThanOrEqual(printed);
  });
});
