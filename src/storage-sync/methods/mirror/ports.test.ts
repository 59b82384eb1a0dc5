import { describe, expect, it } from '@jest/globals';
import { mirrorPorts, portsFor } from './ports.js';

describe('the ports of a mirror', () => {
  it('are the same for a VM every time, and never outside of the range', () => {
    for (const id of [
      '00000000-0000-4000-8000-000000000000',
      'ffffffff-ffff-4fff-8fff-ffffffffffff',
      '000003e7-a-a-a-a',
    ]) {
      const ports = portsFor(id);
      expect(portsFor(id)).toEqual(ports);
      expect(new Set(ports).size).toBe(16);
      expect(Math.min(...ports)).toBeGreaterThanOrEqual(mirrorPorts.first);
      expect(Math.max(...ports)).toBeLessThanOrEqual(mirrorPorts.last);
    }
  });
});
