import { setTimeout as pause } from 'node:timers/promises';
import {
  connect,
  type Libvirt,
  type StorageVol,
  StorageVolDownloadFlags,
  StorageVolInfoFlags,
  StorageVolUploadFlags,
} from 'node-libvirt';
import { asked } from '../failures.js';
import type { Tools } from './tools.js';

/** One image file, to be copied byte for byte to the same path of another host. */
export interface ImageCopy {
  readonly source: string;
  readonly target: string;
  readonly path: string;
  /** No faster than this; as fast as it goes when left out. */
  readonly bytesPerSecond?: number;
  /** Told of every piece that the target has taken: bytes of the file, and those among them that were sent. */
  readonly report: (bytes: { readonly file: number; readonly sent: number }) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies a file from host to host by libvirt's streams, holes as holes, and resolves once the target has all of it.
 *
 * Each side has a connection of its own, since a stream that is slowed down holds up everything else on its connection; so
 * no more than a few MiB wait in memory, however slow the target is. When it rejects, or the signal is aborted, the
 * target's file is incomplete.
 */
export async function copyImage(tools: Tools, copy: ImageCopy): Promise<void> {
  const { source, target, signal } = copy;
  const asking = { host: source, what: `copy ${copy.path} to ${target}`, signal };
  await asked(asking, async () => {
    await using from = await connect(tools.connections.host(source).uri);
    await using to = await connect(tools.connections.host(target).uri);
    await pump(from, to, copy);
  });
}

async function pump(from: Libvirt, to: Libvirt, { path, bytesPerSecond, report, signal }: ImageCopy): Promise<void> {
  const volumes = await Promise.all([from.storageVolLookupByPath({ path }), to.storageVolLookupByPath({ path })]);
  const { stream: upload } = await to.storageVolUpload({ vol: volumes[1], flags: StorageVolUploadFlags.SPARSE_STREAM });
  const download = await from.storageVolDownload({ vol: volumes[0], flags: StorageVolDownloadFlags.SPARSE_STREAM });
  const stop = (): void => {
    download.stream.abort();
    upload.abort();
  };
  signal.addEventListener('abort', stop);
  try {
    const since = performance.now();
    let sent = 0;
    for await (const piece of download.stream) {
      if ('data' in piece) {
        await upload.write(piece.data);
        sent += piece.data.length;
        report({ file: piece.data.length, sent: piece.data.length });
        await keepTo(bytesPerSecond, { sent, since, signal });
      } else {
        await upload.hole(piece.hole);
        report({ file: piece.hole, sent: 0 });
      }
    }
    await upload.finish();
  } catch (error) {
    upload.abort();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Waits until no more has been sent than the rate allows. */
async function keepTo(
  bytesPerSecond: number | undefined,
  { sent, since, signal }: { readonly sent: number; readonly since: number; readonly signal: AbortSignal },
): Promise<void> {
  const aheadMs = bytesPerSecond === undefined ? 0 : (sent * 1_000) / bytesPerSecond - (performance.now() - since);
  if (aheadMs > 1) {
    // The aborted streams tell the loop.
    await pause(aheadMs, undefined, { signal }).catch(() => undefined);
  }
}

/** What an image file is: its length, what of it is in use, when it was last written, and over what it lies. */
export interface ImageFacts {
  readonly lengthBytes: number;
  readonly usedBytes: number;
  readonly writtenAt: string;
  readonly backing: string | undefined;
}

export async function imageFacts(libvirt: Libvirt, vol: StorageVol): Promise<ImageFacts> {
  const [physical, used, xml] = await Promise.all([
    libvirt.storageVolGetInfoFlags({ vol, flags: StorageVolInfoFlags.GET_PHYSICAL }),
    libvirt.storageVolGetInfo({ vol }),
    libvirt.storageVolGetXMLDesc({ vol }),
  ]);
  return {
    lengthBytes: physical.allocation,
    usedBytes: used.allocation,
    writtenAt: /<mtime>([\d.]+)<\/mtime>/.exec(xml)?.[1] ?? '',
    backing: /<backingStore>\s*<path>([^<]*)<\/path>/.exec(xml)?.[1],
  };
}
