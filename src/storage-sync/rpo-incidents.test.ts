import { describe, expect, it } from '@jest/globals';
import { advanceIncidents, afterTold, gatherMs, type RpoIncidents } from './rpo-incidents.js';

const rpoMs = 100_000;
const everyMs = 60_000;
const none: RpoIncidents = new Map();

/** `db 120` is a VM whose data is 120 s old; `db` one without data. */
const standings = (text: string) =>
  text.split(' · ').map((each) => {
    const [vm = '', age] = each.split(' ');
    return { vm, everyMs, ...(age === undefined ? {} : { ageMs: Number(age) * 1_000 }) };
  });

const at = (incidents: RpoIncidents, seconds: number, text: string) =>
  advanceIncidents(incidents, standings(text), { rpoMs, at: seconds * 1_000 });

/** What is told when these are the ages at these seconds, and people are told at once. */
const toldOf = (...moments: readonly (readonly [seconds: number, ages: string])[]) => {
  let incidents = none;
  const told: string[] = [];
  for (const [seconds, ages] of moments) {
    const news = at(incidents, seconds, ages);
    incidents = news.due.reduce(afterTold, news.incidents);
    told.push(...news.due.map(({ event, vms }) => `${seconds} ${event} ${vms.join()}`));
  }
  return told;
};

describe('an incident of the RPO', () => {
  it('is none while the data is young enough, or there is none', () => {
    expect(toldOf([0, 'db 100 · web'], [500, 'db 99 · web'])).toEqual([]);
  });

  it('is told of once, with all that began within the time of gathering', () => {
    expect(
      toldOf([0, 'db 101 · web 50'], [40, 'db 141 · web 101'], [60, 'db 161 · web 121'], [900, 'db 999 · web 999']),
    ).toEqual(['60 rpo-missed db,web']);
  });

  it('is told of even when it is over by then', () => {
    expect(toldOf([0, 'db 101'], [30, 'db 5'], [60, 'db 35'])).toEqual(['60 rpo-missed db']);
  });

  it('goes on while it is missed in every cycle', () => {
    const saw = Array.from({ length: 40 }, (_, index): [number, string] => [
      index * 30,
      `db ${index % 3 === 0 ? 110 : 50}`,
    ]);
    expect(toldOf(...saw)).toEqual(['60 rpo-missed db']);
  });

  it('ends when it is met for a whole cycle and more, and the next one is another', () => {
    expect(
      toldOf(
        [0, 'db 101'],
        [60, 'db 161'],
        [100, 'db 10'],
        [259, 'db 90'],
        [320, 'db 50'],
        [400, 'db 101'],
        [460, 'db 161'],
      ),
    ).toEqual(['60 rpo-missed db', '320 rpo-met db', '460 rpo-missed db']);
  });

  it('says when to come again', () => {
    expect(at(none, 0, 'db 101').wakeAt).toBe(gatherMs);
    const told = afterTold(at(none, 0, 'db 101').incidents, { event: 'rpo-missed', vms: ['db'] });
    expect(at(told, 100, 'db 120').wakeAt).toBeUndefined();
    expect(at(told, 100, 'db 1').wakeAt).toBe(100_000 + rpoMs + everyMs + gatherMs);
  });

  it('is told of again as long as nobody was told', () => {
    const first = at(none, 0, 'db 101');
    const second = at(first.incidents, 60, 'db 161');
    expect(at(second.incidents, 120, 'db 221').due).toEqual(second.due);
  });
});
