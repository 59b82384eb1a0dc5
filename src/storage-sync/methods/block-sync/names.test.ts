import { describe, expect, it } from '@jest/globals';
import { isPointId } from '../../store/layout.js';
import { chainOf, checkpointName, pointIdAt } from './names.js';

const at = (site: string, host: string) => ({ site, host });

describe('names of a cycle', () => {
  it('say the moment of a point', () => {
    const id = pointIdAt(Date.UTC(2026, 10, 28, 9, 30, 0, 123));
    expect(id).toBe('20261128T093000123Z');
    expect(isPointId(id)).toBe(true);
    expect(checkpointName(at('south', 'south-1'), id)).toBe('lifeboat.south.south-1.20261128T093000123Z');
  });

  it('keep the chains of replicas apart', () => {
    const places = [
      at('south', 'south-1'),
      at('south', 'south-10'),
      at('south.south-1', 'x'),
      at('south', 'south-1.x'),
    ];
    for (const one of places) {
      const others = places.filter((place) => place !== one);
      expect(others.filter((other) => checkpointName(other, 'p').startsWith(chainOf(one)))).toEqual([]);
    }
  });

  it('hold no slash', () => {
    expect(chainOf(at('a/b', 'c'))).not.toContain('/');
  });
});
