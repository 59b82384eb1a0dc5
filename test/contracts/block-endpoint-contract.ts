import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { BlockEndpoint } from '../../src/storage-sync/block-endpoint.js';

/** What an endpoint must be given to prove its promises. */
export interface BlockEndpointDriver {
  /** A disk of 4 MiB: 1 MiB of the byte 0x61, 1 MiB that was never written, 2 MiB of the byte 0x62. */
  readonly endpoint: BlockEndpoint;
  /** The same disk, open for reading only, to be closed by the caller. */
  readOnly(): Promise<BlockEndpoint>;
  /** What is on the disk after a loss of power at its host; undefined where none can be had. */
  afterCrash?(): Promise<Buffer>;
  close(): Promise<void>;
}

const never: AbortSignal = new AbortController().signal;
const MIB = 1_048_576;
const BASE_ALLOCATION = 'base:allocation';

/** The promises of the BlockEndpoint port, for every driver. */
export function describeBlockEndpoint(name: string, makeDriver: () => Promise<BlockEndpointDriver>): void {
  describe(`${name} as the bytes of a disk`, () => {
    let driver: BlockEndpointDriver;
    let endpoint: BlockEndpoint;

    beforeEach(async () => {
      driver = await makeDriver();
      ({ endpoint } = driver);
    });

    afterEach(async () => {
      await endpoint.close();
      await driver.close();
    });

    it('tells its size and what it takes', () => {
      expect(endpoint).toMatchObject({ sizeBytes: 4 * MIB, isReadOnly: false });
      expect(endpoint.maxRequestBytes).toBeGreaterThanOrEqual(65_536);
    });

    it('reads what is there, holes as zeroes', async () => {
      expect(await endpoint.read(0, 512, never)).toEqual(Buffer.alloc(512, 'a'));
      expect(await endpoint.read(MIB - 512, 1024, never)).toEqual(
        Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(512)]),
      );
      expect(await endpoint.read(4 * MIB - 512, 512, never)).toEqual(Buffer.alloc(512, 'b'));
    });

    it('reads into the memory that it is given, holes as zeroes', async () => {
      const into = Buffer.alloc(131_072, 'z');
      expect(await endpoint.read(MIB - 65_536, 131_072, never, into)).toBe(into);
      expect(into.equals(Buffer.alloc(131_072).fill('a', 0, 65_536))).toBe(true);
    });

    it('reads what was written, flushed or not, and nothing beside it', async () => {
      await endpoint.write(512, Buffer.alloc(1024, 'x'), never);
      const expected = Buffer.concat([Buffer.alloc(512, 'a'), Buffer.alloc(1024, 'x'), Buffer.alloc(512, 'a')]);
      expect(await endpoint.read(0, 2048, never)).toEqual(expected);
      await endpoint.flush(never);
      expect(await endpoint.read(0, 2048, never)).toEqual(expected);
    });

    it.each([true, false])('zeroes a range (it may become a hole: %s)', async (mayPunch) => {
      await endpoint.writeZeroes(65_536, 131_072, { mayPunch }, never);
      const expected = Buffer.alloc(262_144, 'a').fill(0, 65_536, 196_608);
      expect((await endpoint.read(0, 262_144, never)).equals(expected)).toBe(true);
    });

    it('does many things at once', async () => {
      const writes = Array.from({ length: 64 }, (_, at) =>
        endpoint.write(2 * MIB + at * 4096, Buffer.alloc(4096, at), never),
      );
      await Promise.all(writes);
      await endpoint.flush(never);
      const reads = Array.from({ length: 64 }, (_, at) => endpoint.read(2 * MIB + at * 4096, 4096, never));
      const wrong = (await Promise.all(reads)).filter((bytes, at) => !bytes.equals(Buffer.alloc(4096, at)));
      expect(wrong).toEqual([]);
    });

    it('tells extents in order and without gaps; what is told to be zero reads so', async () => {
      for (let at = 0; at < 4 * MIB; ) {
        const extents = await endpoint.extents(BASE_ALLOCATION, at, 4 * MIB - at, never);
        expect(extents.length).toBeGreaterThan(0);
        for (const { offset, length, flags } of extents) {
          expect(offset).toBe(at);
          expect(length).toBeGreaterThan(0);
          const isZero = (flags & 2) !== 0;
          const bytes = await endpoint.read(offset, Math.min(length, endpoint.maxRequestBytes), never);
          expect(!isZero || bytes.every((byte) => byte === 0)).toBe(true);
          at += length;
        }
        expect(at).toBeLessThanOrEqual(4 * MIB);
      }
    });

    it('tells the hole of a disk that has one, and only what was asked', async () => {
      const [first] = await endpoint.extents(BASE_ALLOCATION, MIB + 65_536, 65_536, never);
      expect(first).toEqual({ offset: MIB + 65_536, length: 65_536, flags: 3 });
    });

    it('refuses ranges that are not on the disk', async () => {
      await expect(endpoint.read(4 * MIB - 512, 1024, never)).rejects.toBeInstanceOf(Error);
      await expect(endpoint.write(4 * MIB, Buffer.alloc(512), never)).rejects.toBeInstanceOf(Error);
      await expect(endpoint.writeZeroes(0, 8 * MIB, { mayPunch: true }, never)).rejects.toBeInstanceOf(Error);
    });

    it('refuses a metadata context that it does not have', async () => {
      await expect(endpoint.extents('qemu:dirty-bitmap:none', 0, 4096, never)).rejects.toBeInstanceOf(Error);
    });

    it('does nothing for a signal that has fired', async () => {
      const aborted = AbortSignal.abort();
      await expect(endpoint.write(0, Buffer.alloc(512), aborted)).rejects.toBeTruthy();
      await expect(endpoint.read(0, 512, aborted)).rejects.toBeTruthy();
      expect(await endpoint.read(0, 512, never)).toEqual(Buffer.alloc(512, 'a'));
    });

    it('writes nothing where it is read-only', async () => {
      await endpoint.close();
      const readOnly = await driver.readOnly();
      expect(readOnly.isReadOnly).toBe(true);
      await expect(readOnly.write(0, Buffer.alloc(512), never)).rejects.toBeInstanceOf(Error);
      await expect(readOnly.writeZeroes(0, 512, { mayPunch: false }, never)).rejects.toBeInstanceOf(Error);
      expect(await readOnly.read(0, 512, never)).toEqual(Buffer.alloc(512, 'a'));
      await readOnly.close();
    });

    it('does nothing once it is closed, and can be closed again', async () => {
      await endpoint.close();
      await expect(endpoint.read(0, 512, never)).rejects.toBeInstanceOf(Error);
      await endpoint.close();
    });

    it('keeps what was flushed when the power goes', async () => {
      await endpoint.write(0, Buffer.alloc(512, 'x'), never);
      await endpoint.writeZeroes(3 * MIB, 4096, { mayPunch: false }, never);
      await endpoint.flush(never);
      await endpoint.write(512, Buffer.alloc(512, 'y'), never);
      const left = await driver.afterCrash?.();
      if (left === undefined) return;
      expect(left.subarray(0, 512)).toEqual(Buffer.alloc(512, 'x'));
      expect(left.subarray(3 * MIB, 3 * MIB + 4096)).toEqual(Buffer.alloc(4096));
    });
  });
}
