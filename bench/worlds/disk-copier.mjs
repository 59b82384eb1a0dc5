/**
 * Carries disks over with Lifeboat's copier for its parent (`copier-process.mjs`), and tells of each how long it took, how
 * many bytes were planned, and how many went between the source and this process, both ways.
 */
import { subscribe } from 'node:diagnostics_channel';
import { copy } from '../../build/storage-sync/copier.js';
import { planDelta, planSeed } from '../../build/storage-sync/copy-plan.js';
import { openNbdEndpoint } from '../../build/storage-sync/nbd/nbd-endpoint.js';
import { readExtents } from '../../build/storage-sync/read-extents.js';

const subject = 'disk vda';
const { signal } = new AbortController();
const clock = { now: () => Date.now() };

let sockets = [];
subscribe('net.client.socket', ({ socket }) => sockets.push(socket));

process.on('message', (asked) => {
  carry(asked).then(
    (told) => process.send(told),
    (error) => process.send({ error: error.stack }),
  );
});

/** With `bitmap` only what is dirty is copied; without, all of the disk into a target that is new. */
async function carry({ source: from, target: to, bitmap }) {
  const start = performance.now();
  const contexts = ['base:allocation', ...(bitmap === undefined ? [] : [`qemu:dirty-bitmap:${bitmap}`])];
  sockets = [];
  const source = await openNbdEndpoint({ address: { path: from }, contexts });
  const ofSource = sockets;
  sockets = [];
  const target = await openNbdEndpoint({ address: { path: to }, exportName: 'vda' });
  const told = contexts.map((context) => readExtents({ endpoint: source, context, subject, signal }));
  const [allocation, dirty] = await Promise.all(told);
  const { sizeBytes } = source;
  const plan =
    dirty === undefined
      ? planSeed({ sizeBytes, allocation, isTargetFresh: true })
      : planDelta({ sizeBytes, allocation, dirty });
  await copy({ subject, plan, source, target, clock, signal });
  await Promise.all([source.close(), target.close()]);
  return {
    seconds: (performance.now() - start) / 1e3,
    plannedBytes: plan.copyBytes + plan.zeroBytes,
    wireBytes: ofSource.reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0),
    maxRssMiB: process.resourceUsage().maxRSS / 1024,
  };
}
