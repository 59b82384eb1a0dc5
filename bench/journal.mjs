/**
 * Durable entries per second of 200 lanes that share the journal, beside one writer that syncs a plain file after each
 * entry and one that commits each to SQLite; and how fast a run of 80,000 entries is read and verified. Needs no hosts.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleave, median, medianRatio } from './rounds.mjs';

export const title = 'durable entries per second of 200 lanes, beside one writer; reading 80,000 entries';
export const needsHosts = false;

const ROUNDS = 9;
const SLICES = 2;
const SLICE_MS = 150;
const LANES = 200;
const READ_ENTRIES = 80_000;
/** On the disk that the project is on, since a temporary folder may be in memory, where a sync costs nothing. */
const place = fileURLToPath(new URL('../node_modules/', import.meta.url));

export async function bench() {
  const { openSqliteStore } = await import('../build/stores/sqlite/store.js');
  const folder = mkdtempSync(join(place, '.lifeboat-bench-'));
  const store = openSqliteStore(join(folder, 'lifeboat.db'));
  const peer = await openPeers(folder);
  try {
    const written = await interleave({
      rounds: ROUNDS,
      slices: SLICES,
      contenders: [
        { name: 'lanes', run: await lanesOf(store) },
        { name: 'file', run: () => during(peer.appendToFile) },
        { name: 'sqlite', run: () => during(peer.commit) },
      ],
    });
    await fill(store, join(folder, 'plain.ndjson'));
    const read = await interleave({
      rounds: ROUNDS,
      slices: 1,
      contenders: [
        { name: 'journal', run: () => timed(() => store.journal.read('long', 1)) },
        { name: 'file', run: () => timed(() => readPlain(join(folder, 'plain.ndjson'))) },
      ],
    });
    return summary(written, read);
  } finally {
    peer.close();
    store.close();
    rmSync(folder, { recursive: true });
  }
}

/** About 300 bytes of JSON once it has its number. */
function entry(number) {
  const output = { note: 'x'.repeat(150), number };
  return {
    type: 'step.succeeded',
    at: 1_764_000_000_000,
    author: 'engine',
    lane: `vm/web-${number % LANES}`,
    step: 'ready',
    output,
  };
}

async function begin(store, runId) {
  return store.leases.acquire({ runId, names: [], holder: 'bench', ttlMs: 3_600_000 });
}

/** Every lane appends one entry, waits until it is durable, and appends the next, all to one run as the engine does. */
async function lanesOf(store) {
  const { token } = await begin(store, 'lanes');
  let seq = 0;
  return async () => {
    const first = seq;
    const start = performance.now();
    const lane = async () => {
      while (performance.now() - start < SLICE_MS) {
        const expectedSeq = seq++;
        await store.journal.append('lanes', [entry(expectedSeq)], { expectedSeq, fencingToken: token });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return { calls: seq - first, seconds: (performance.now() - start) / 1e3 };
  };
}

/** What one writer can do that makes every entry durable by itself, with nothing checked and nothing chained. */
async function openPeers(folder) {
  const { default: Database } = await import('libsql');
  const file = openSync(join(folder, 'peer.ndjson'), 'a');
  const database = new Database(join(folder, 'peer.db'));
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE entries (body TEXT)');
  const insert = database.prepare('INSERT INTO entries VALUES (?)');
  return {
    appendToFile: (number) => {
      writeSync(file, `${JSON.stringify(entry(number))}\n`);
      fdatasyncSync(file);
    },
    commit: (number) => insert.run(JSON.stringify(entry(number))),
    close: () => {
      closeSync(file);
      database.close();
    },
  };
}

function during(write) {
  let calls = 0;
  const start = performance.now();
  while (performance.now() - start < SLICE_MS) write(calls++);
  return { calls, seconds: (performance.now() - start) / 1e3 };
}

/** One run of many entries, in the journal and as a plain file. */
async function fill(store, path) {
  const { token } = await begin(store, 'long');
  const entries = Array.from({ length: READ_ENTRIES }, (_, index) => entry(index));
  for (let seq = 0; seq < READ_ENTRIES; seq += 1_000) {
    await store.journal.append('long', entries.slice(seq, seq + 1_000), { expectedSeq: seq, fencingToken: token });
  }
  writeFileSync(path, entries.map((each) => JSON.stringify(each)).join('\n'));
}

/** The least that must be done: read the lines, hash them one after the other, parse them. */
function readPlain(path) {
  let hash = '';
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line) => {
      hash = createHash('sha256').update(hash).update(line).digest('hex');
      return JSON.parse(line);
    });
}

async function timed(read) {
  const start = performance.now();
  const entries = await read();
  if (entries.length !== READ_ENTRIES) throw new Error(`${entries.length} entries were read of ${READ_ENTRIES}`);
  return { calls: entries.length, seconds: (performance.now() - start) / 1e3 };
}

function summary(written, read) {
  const rate = (rates) => Math.round(median(rates));
  const ratio = (ours, theirs) => Number(medianRatio(ours, theirs).toPrecision(3));
  const row = (label, rates, compared) => [
    label,
    String(rate(rates)),
    `${Math.round(Math.min(...rates))}..${Math.round(Math.max(...rates))}`,
    compared === undefined ? '' : String(compared),
  ];
  const ratios = {
    file: ratio(written.lanes, written.file),
    sqlite: ratio(written.lanes, written.sqlite),
    readFile: ratio(read.journal, read.file),
  };
  return {
    table: [
      ['', 'entries/s', `range of ${ROUNDS} rounds`, 'ours to it'],
      row(`${LANES} lanes into the journal`, written.lanes),
      row('one writer, a plain file, fdatasync each', written.file, ratios.file),
      row('one writer, SQLite, a commit each', written.sqlite, ratios.sqlite),
      row(`a run of ${READ_ENTRIES} read and verified`, read.journal),
      row('the same lines of a plain file, hashed', read.file, ratios.readFile),
    ],
    metrics: {
      lanes: rate(written.lanes),
      read: rate(read.journal),
      readMs: Math.round((READ_ENTRIES / rate(read.journal)) * 1e3),
    },
    peers: { file: rate(written.file), sqlite: rate(written.sqlite), readFile: rate(read.file) },
    ratios,
  };
}
