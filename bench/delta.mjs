/**
 * How long the changes of a disk take, beside all of it: 8 GiB of which 1 % is dirty, scattered over all of it, as QEMU's own
 * bitmap has it; and how many bytes go between the source and us for that. Needs no hosts.
 */
import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { interleave, median, medianRatio } from './rounds.mjs';
import { startCopier } from './worlds/copier-process.mjs';
import {
  addBitmap,
  chances,
  createImage,
  expectSame,
  serveSource,
  serveTarget,
  settle,
  writeImage,
} from './worlds/disk-pair.mjs';

export const title = 'a delta of 1 % of a disk of 8 GiB, beside a full copy of the same disk';
export const needsHosts = false;
export const options = { rounds: { type: 'string', default: '7' }, gib: { type: 'string', default: '8' } };

const MIB = 2 ** 20;
const GRANULARITY = 2 ** 16;
const DIRTY = 0.01;
const bitmap = 'since';
/** On the disk that the project is on: two full disks are too much for memory. */
const place = fileURLToPath(new URL('../node_modules/', import.meta.url));

export async function bench(_hosts, { rounds, gib }) {
  const folder = mkdtempSync(join(place, '.lifeboat-bench-'));
  const copier = startCopier();
  try {
    const disk = makeDisk(folder, Number(gib) * 1_024 * MIB);
    return summary(disk, await measure(folder, disk, copier, Number(rounds)), copier.maxRssMiB());
  } finally {
    copier.end();
    rmSync(folder, { recursive: true });
  }
}

/** What the replica has, `below`, and the disk as it is now: an image above that with the changes, and a bitmap of them. */
function makeDisk(folder, sizeBytes) {
  const [below, image] = [join(folder, 'below.qcow2'), join(folder, 'disk.qcow2')];
  const { bavail, bsize } = statfsSync(folder);
  const dataBytes = Math.min(sizeBytes, Math.floor((bavail * bsize * 0.4) / MIB) * MIB);
  createImage(below, sizeBytes);
  const full = Array.from({ length: dataBytes / MIB }, (_, at) => ({ kind: 'data', offset: at * MIB, length: MIB }));
  writeImage(below, full);
  createImage(image, sizeBytes, below);
  addBitmap(image, bitmap, GRANULARITY);
  const numbers = chances(3);
  const blocks = new Set();
  while (blocks.size < (sizeBytes * DIRTY) / GRANULARITY) {
    blocks.add(Math.floor((numbers.next().value * sizeBytes) / GRANULARITY));
  }
  const changes = [...blocks].map((block) => ({ kind: 'data', offset: block * GRANULARITY, length: GRANULARITY }));
  writeImage(image, changes, 2);
  return { below, image, sizeBytes, dataBytes, dirtyBytes: blocks.size * GRANULARITY };
}

async function measure(folder, { below, image, sizeBytes, dirtyBytes }, copier, rounds) {
  const [source, layer, target] = ['source.sock', 'layer.qcow2', 'target.sock'].map((name) => join(folder, name));
  const wire = [];
  const into = async (backing, asked, isCompared) => {
    createImage(layer, sizeBytes, backing);
    settle(folder);
    const daemon = await serveTarget(layer, target, backing);
    try {
      return await copier.copy({ source, target, ...asked });
    } finally {
      await daemon.end();
      if (isCompared) expectSame(image, layer);
      rmSync(layer);
    }
  };
  const full = async () => ({ calls: 1, seconds: (await into(undefined, {})).seconds });
  const delta = async ({ isCompared = false } = {}) => {
    const { seconds, wireBytes, plannedBytes } = await into(below, { bitmap }, isCompared);
    if (plannedBytes !== dirtyBytes) throw new Error(`${plannedBytes} bytes were planned, and ${dirtyBytes} are dirty`);
    wire.push(wireBytes);
    return { calls: 1, seconds };
  };
  const serving = await serveSource(image, source, bitmap);
  try {
    await delta({ isCompared: true });
    const contenders = [
      { name: 'full', run: full },
      { name: 'delta', run: delta },
    ];
    return { ...(await interleave({ contenders, rounds, slices: 1 })), wireBytes: Math.max(...wire) };
  } finally {
    await serving.end();
  }
}

function summary({ dataBytes, dirtyBytes }, { full, delta, wireBytes }, maxRssMiB) {
  const seconds = (rates) => rates.map((rate) => 1 / rate);
  const rounded = (number) => Number(number.toPrecision(3));
  const row = (label, rates) => [
    label,
    String(rounded(median(seconds(rates)))),
    `${rounded(Math.min(...seconds(rates)))}..${rounded(Math.max(...seconds(rates)))}`,
  ];
  const metrics = {
    seconds: rounded(median(seconds(delta))),
    dirtyMiB: rounded(dirtyBytes / MIB),
    wireMiB: rounded(wireBytes / MIB),
    wirePerDirty: Number((wireBytes / dirtyBytes).toFixed(4)),
    maxRssMiB,
  };
  const ratios = { full: rounded(medianRatio(full, delta)) };
  return {
    table: [
      ['', 'seconds', `range of ${full.length} rounds`],
      row(`the delta, ${metrics.dirtyMiB} MiB`, delta),
      row(`all of it, ${rounded(dataBytes / MIB / 1_024)} GiB of data`, full),
      ['the delta to all of it', String(ratios.full), ''],
      ['bytes over the wire to dirty bytes', String(metrics.wirePerDirty), ''],
      ['memory of our process, MiB at most', String(maxRssMiB), ''],
    ],
    metrics,
    peers: { full: rounded(median(seconds(full))) },
    ratios,
  };
}
