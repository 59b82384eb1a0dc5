import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { asyncProperty, check, nat } from 'fast-check';
import type { NewEntry } from '../../src/model/entry.js';
import { JournalError } from '../../src/stores/journal.js';
import { openSqliteStore, type SqliteStore } from '../../src/stores/sqlite/store.js';
import { leaseOf, requested, succeeded } from '../contracts/journal-entries.js';
import { temporaryFolders } from '../contracts/journal-folder.js';

const folders = temporaryFolders();
const runIds = ['run-1', 'run-2', 'run-3'];
const FLIPS = 400;
/** One fixed seed, so that a failure is the same everywhere. */
const SEED = 20_240_605;

interface Fixture {
  readonly folder: string;
  readonly acknowledged: unknown;
  /** The closed file, all in one. */
  readonly file: Buffer;
  /** The files of a process that was killed: most entries are in the log only. */
  readonly killed: { readonly file: Buffer; readonly log: Buffer; readonly durableBytes: number };
}

describe('a damaged journal', () => {
  it('gives exactly what was acknowledged or is refused, whichever bit of the file was flipped', async () => {
    const { folder, acknowledged, file } = await write();
    const flips = asyncProperty(nat({ max: file.length * 8 - 1 }), (bit) =>
      isAllOrError({ folder, acknowledged, file: flipped(file, bit) }),
    );
    expect(await check(flips, { numRuns: FLIPS, seed: SEED })).toMatchObject({
      failed: false,
      counterexample: null,
    });
  });

  it('gives exactly what was acknowledged or is refused, whichever bit of the first page was flipped', async () => {
    const { folder, acknowledged, file } = await write();
    for (let byte = 0; byte < 108; byte += 1) {
      const outcome = isAllOrError({ folder, acknowledged, file: flipped(file, byte * 8 + (byte % 8)) });
      expect([byte, await outcome]).toEqual([byte, true]);
    }
  });

  it('is refused when its file was cut, wherever', async () => {
    const { folder, file } = await write();
    for (const length of [0, 1, 99, 100, 512, 4_096, 4_097, file.length >> 1, file.length - 4_096, file.length - 1]) {
      await expect(readAll({ folder, file: file.subarray(0, length) })).rejects.toMatchObject({
        code: 'journal-damaged',
      });
    }
  });

  it('is refused when a bit of its log was flipped before the last transaction', async () => {
    const { folder, acknowledged, killed } = await write();
    expect(await readAll({ folder, file: killed.file, log: killed.log })).toEqual(acknowledged);
    const flips = asyncProperty(nat({ max: killed.durableBytes * 8 - 1 }), async (bit) => {
      const outcome = await readAll({ folder, file: killed.file, log: flipped(killed.log, bit) }).catch(codeOf);
      return outcome === 'journal-damaged';
    });
    expect(await check(flips, { numRuns: FLIPS / 4, seed: SEED })).toMatchObject({
      failed: false,
      counterexample: null,
    });
  });

  it('is refused with the run and the entry that differs, and with what to do', async () => {
    const { folder, file } = await write();
    const changed = Buffer.from(file);
    changed.write('"number":777', changed.indexOf('"number":123'));
    await expect(readAll({ folder, file: changed })).rejects.toMatchObject({
      message: expect.stringMatching(/^run run-[123]: entry 25 or its hash was changed/),
      hint: expect.stringContaining('look at the hosts'),
    });
  });
});

/** Three runs of some forty entries, written in many transactions. */
async function write(): Promise<Fixture> {
  const folder = folders.make();
  const path = join(folder, 'lifeboat.db');
  const store = openSqliteStore(path);
  for (const runId of runIds) {
    const { token } = await leaseOf(store, runId, [`vm/${runId}`]);
    const batches = Array.from({ length: 8 }, (_, batch): readonly NewEntry[] =>
      [0, 1, 2, 3, 4].map((index) => succeeded(100 + batch * 5 + index, `vm/wéb-${'x'.repeat(batch * 9)}`)),
    );
    let expectedSeq = 0;
    for (const batch of [[requested()], ...batches]) {
      await store.journal.append(runId, batch, { expectedSeq, fencingToken: token });
      expectedSeq += batch.length;
    }
  }
  const durableBytes = readFileSync(`${path}-wal`).length;
  await store.inbox.submit('run-1', { by: 'ada', at: 1, move: { move: 'pause' }, reason: 'lunch' });
  await store.inbox.submit('run-1', { by: 'ada', at: 2, move: { move: 'resume' }, reason: 'back' });
  const acknowledged = await contentOf(store);
  copyFileSync(path, join(folder, 'killed.db'));
  const log = readFileSync(`${path}-wal`);
  store.close();
  return {
    folder,
    acknowledged,
    file: readFileSync(path),
    killed: { file: readFileSync(join(folder, 'killed.db')), log, durableBytes },
  };
}

async function contentOf({ journal, inbox }: SqliteStore): Promise<unknown> {
  return {
    runs: await journal.runs(),
    entries: await Promise.all(runIds.map((runId) => journal.read(runId, 1))),
    requests: await journal.select(['run.requested']),
    moves: await inbox.pending('run-1'),
  };
}

interface Files {
  readonly folder: string;
  readonly file: Buffer;
  readonly log?: Buffer;
}

/** All that the files of a journal give; rejects as opening or reading does. */
async function readAll({ folder, file, log }: Files): Promise<unknown> {
  const path = join(folder, 'damaged.db');
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(`${path}${suffix}`, { force: true });
  }
  writeFileSync(path, file);
  if (log !== undefined) {
    writeFileSync(`${path}-wal`, log);
  }
  const store = openSqliteStore(path);
  try {
    return await contentOf(store);
  } finally {
    store.close();
  }
}

/** Whether the files give exactly what was acknowledged, or a `JournalError` on the way. */
async function isAllOrError({ acknowledged, ...files }: Files & { readonly acknowledged: unknown }): Promise<boolean> {
  const outcome = await readAll(files).catch((error: unknown) => error);
  return outcome instanceof JournalError || isDeepStrictEqual(outcome, acknowledged);
}

function codeOf(error: unknown): string {
  return error instanceof JournalError ? error.code : String(error);
}

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return copy;
}
