/**
 * How fast all of a disk is copied into a new image, beside `nbdcopy` and `qemu-img convert` between the same two exports:
 * a disk full of random data, and one of which a quarter are holes and a quarter zeroes that were written. Needs no hosts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { interleave, median, medianRatio } from './rounds.mjs';
import { startCopier } from './worlds/copier-process.mjs';
import {
  chances,
  createImage,
  expectSame,
  inMemory,
  serveSource,
  serveTarget,
  writeImage,
} from './worlds/disk-pair.mjs';

export const title = 'all of a disk into a new image, beside nbdcopy and qemu-img convert';
export const needsHosts = false;
export const options = { rounds: { type: 'string', default: '9' } };

const MIB = 2 ** 20;
const SIZE_MIB = 1_024;
const disks = { random: randomParts, sparse: sparseParts };

export async function bench(_hosts, { rounds }) {
  const folder = mkdtempSync(join(inMemory(), 'lifeboat-bench-'));
  const copier = startCopier();
  const seeds = {};
  try {
    for (const [disk, partsOf] of Object.entries(disks)) {
      seeds[disk] = await measure(join(folder, disk), partsOf(), copier, Number(rounds));
    }
    return summary(seeds, copier.maxRssMiB());
  } finally {
    copier.end();
    rmSync(folder, { recursive: true });
  }
}

/** A round gives each contender a target of its own, which is new. What they make is compared in a round that is not counted. */
async function measure(prefix, parts, copier, rounds) {
  const [image, source, layer, target] = ['.qcow2', '.sock', '.target.qcow2', '.target.sock'].map(
    (end) => prefix + end,
  );
  createImage(image, SIZE_MIB * MIB);
  writeImage(image, parts);
  const serving = await serveSource(image, source);
  const [from, to] = [`nbd+unix:///?socket=${source}`, `nbd+unix:///vda?socket=${target}`];
  const contender = (name, copy) => ({
    name,
    run: async ({ isCompared = false } = {}) => {
      createImage(layer, SIZE_MIB * MIB);
      const daemon = await serveTarget(layer, target);
      try {
        const seconds = await copy();
        return { calls: SIZE_MIB, seconds };
      } finally {
        await daemon.end();
        if (isCompared) expectSame(image, layer);
        rmSync(layer);
      }
    },
  });
  const contenders = [
    contender('ours', async () => (await copier.copy({ source, target })).seconds),
    contender('nbdcopy', () => secondsOf('nbdcopy', ['--flush', '--destination-is-zero', from, to])),
    contender('convert', () => secondsOf('qemu-img', ['convert', '-n', '-W', '--target-is-zero', from, to])),
  ];
  try {
    for (const { run } of contenders) await run({ isCompared: true });
    return await interleave({ contenders, rounds, slices: 1 });
  } finally {
    await serving.end();
    rmSync(image);
  }
}

function randomParts() {
  return Array.from({ length: SIZE_MIB }, (_, at) => ({ kind: 'data', offset: at * MIB, length: MIB }));
}

/** Data, a hole, data, written zeroes, and so on; each from 64 KiB to 4 MiB long. */
function sparseParts() {
  const parts = [];
  const lengths = chances(7);
  const kinds = ['data', 'hole', 'data', 'zero'];
  for (let offset = 0; offset < SIZE_MIB * MIB; ) {
    const wanted = (1 + Math.floor(lengths.next().value * 64)) * 65_536;
    const length = Math.min(wanted, SIZE_MIB * MIB - offset);
    const kind = kinds[parts.length % kinds.length];
    parts.push({ kind, offset, length });
    offset += length;
  }
  return parts.filter(({ kind }) => kind !== 'hole');
}

async function secondsOf(program, args) {
  const start = performance.now();
  const [code] = await once(spawn(program, args, { stdio: ['ignore', 'ignore', 2] }), 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return (performance.now() - start) / 1e3;
}

function summary({ random, sparse }, maxRssMiB) {
  const rate = (rates) => Math.round(median(rates));
  const ratio = (ours, theirs) => Number(medianRatio(ours, theirs).toPrecision(3));
  const ratios = {
    nbdcopy: ratio(random.ours, random.nbdcopy),
    convert: ratio(random.ours, random.convert),
    sparseNbdcopy: ratio(sparse.ours, sparse.nbdcopy),
    sparseConvert: ratio(sparse.ours, sparse.convert),
  };
  const row = (label, rates, compared) => [
    label,
    String(rate(rates)),
    `${Math.round(Math.min(...rates))}..${Math.round(Math.max(...rates))}`,
    compared === undefined ? '' : String(compared),
  ];
  return {
    table: [
      ['', 'MiB/s of the disk', `range of ${random.ours.length} rounds`, 'ours to it'],
      row('random data: ours', random.ours),
      row('nbdcopy', random.nbdcopy, ratios.nbdcopy),
      row('qemu-img convert', random.convert, ratios.convert),
      row('half zero: ours', sparse.ours),
      row('nbdcopy', sparse.nbdcopy, ratios.sparseNbdcopy),
      row('qemu-img convert', sparse.convert, ratios.sparseConvert),
      ['memory of our process, MiB at most', String(maxRssMiB), '', ''],
    ],
    metrics: { random: rate(random.ours), sparse: rate(sparse.ours), maxRssMiB },
    peers: {
      nbdcopy: rate(random.nbdcopy),
      convert: rate(random.convert),
      sparseNbdcopy: rate(sparse.nbdcopy),
      sparseConvert: rate(sparse.convert),
    },
    ratios,
  };
}
