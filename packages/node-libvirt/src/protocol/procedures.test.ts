/** Values of the table's types that a busy host really sends. */
import { describe, expect, it } from '@jest/globals';
import { connect } from '../index.js';
import { FakeServer } from '../testing/index.js';

describe('nanoseconds of CPU time', () => {
  it('are read beyond 2^53, which a host of 64 CPUs reaches in two days', async () => {
    const tenYears = 10n * 365n * 86_400_000_000_000n;
    const server = await FakeServer.listen();
    server.on('domainGetInfo', () => ({ state: 1, maxMem: 1, memory: 1, nrVirtCpu: 1, cpuTime: tenYears }));
    server.on('nodeGetCPUStats', () => [{ field: 'idle', value: tenYears }]);
    const host = await connect(server.uri);
    try {
      const dom = { name: 'web', uuid: '6d1f3a52-0b0e-4a57-9b6c-2f1f0c7f8f01', id: 1 };
      await expect(host.domainGetInfo({ dom })).resolves.toMatchObject({ cpuTime: tenYears });
      await expect(host.nodeGetCPUStats()).resolves.toEqual([{ field: 'idle', value: tenYears }]);
    } finally {
      await host.close();
      await server.close();
    }
  });
});
