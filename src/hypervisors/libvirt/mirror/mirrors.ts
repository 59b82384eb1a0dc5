import { setTimeout as pause } from 'node:timers/promises';
import {
  type Domain,
  DomainBlockCopyFlags,
  DomainBlockCopyParameter,
  DomainSnapshotCreateFlags,
  ErrorNumber,
  type Libvirt,
  LibvirtError,
  parameter,
} from 'node-libvirt';
import { FailureError } from '../../../model/failure.js';
import type { DiskCopy, ExportsOfVm, MirrorRequest, Mirrors, OverlayOfVm } from '../../mirrors.js';
import type { Connections } from '../connections.js';
import { describeDomain } from '../domain-description.js';
import { asked } from '../failures.js';
import { unless } from '../migration/failures.js';
import { askOfVm } from '../vm-asking.js';
import { connectionsIn, exportXml, overlayXml, readCopies } from './documents.js';

/** A copy that was told to end is gone within this, ms, or it is said that it is not. */
const endsWithinMs = 20_000;
const lookEveryMs = 100;

/** Mirrors by libvirt's block copies; connections are cut over QEMU's monitor, for which libvirt has no call of its own. */
export function mirrorsOf(connections: Connections): Mirrors {
  return {
    look: ({ host, id }, signal) =>
      asked({ host, what: 'look at a mirror', signal }, async () => {
        const libvirt = await connections.to(host, 'query', signal);
        const dom = await unless(ErrorNumber.NO_DOMAIN, libvirt.domainLookupByUUID({ uuid: id }));
        return dom === undefined ? [] : await look(libvirt, dom);
      }),
    begin: (request, signal) =>
      askOfVm(connections, { ...request, what: `mirror VM ${request.id}`, purpose: 'work', signal }, (libvirt, dom) =>
        begin(libvirt, dom, request),
      ),
    overlay: (vm, signal) =>
      askOfVm(
        connections,
        { ...vm, what: `put new images above the disks of VM ${vm.id}`, purpose: 'work', signal },
        (libvirt, dom) => overlay(libvirt, dom, vm),
      ),
    connections: (vm, signal) =>
      askOfVm(
        connections,
        { ...vm, what: `tell of the mirror of VM ${vm.id}`, purpose: 'query', signal },
        (libvirt, dom) => connectionsTo(libvirt, dom, vm.exports),
      ),
    end: (vm, signal) =>
      askOfVm(connections, { ...vm, what: `end the mirror of VM ${vm.id}`, purpose: 'stop', signal }, (libvirt, dom) =>
        end(libvirt, dom, { vm, signal }),
      ),
  };
}

async function look(libvirt: Libvirt, dom: Domain): Promise<readonly DiskCopy[]> {
  const copies = readCopies(await libvirt.domainGetXMLDesc({ dom }));
  const seen = await Promise.all(
    copies.map(async (copy): Promise<readonly DiskCopy[]> => {
      // A VM that has stopped meanwhile has no jobs.
      const info = await unless(
        ErrorNumber.OPERATION_INVALID,
        libvirt.domainGetBlockJobInfo({ dom, path: copy.target }),
      );
      return info?.found ? [{ ...copy, doneBytes: info.cur, totalBytes: info.end }] : [];
    }),
  );
  return seen.flat();
}

async function begin(libvirt: Libvirt, dom: Domain, { disks, bytesPerSecond }: MirrorRequest): Promise<void> {
  const { REUSE_EXT, TRANSIENT_JOB, SYNCHRONOUS_WRITES, SHALLOW } = DomainBlockCopyFlags;
  const known = new Set((await look(libvirt, dom)).map(({ target, to }) => `${target} ${to?.name}`));
  for (const { target, to, isShallow } of disks) {
    if (!known.has(`${target} ${to.name}`)) {
      await libvirt.domainBlockCopy({
        dom,
        path: target,
        destxml: exportXml(to),
        params:
          bytesPerSecond === undefined
            ? []
            : [parameter.ullong(DomainBlockCopyParameter.BANDWIDTH, Math.round(bytesPerSecond))],
        flags: REUSE_EXT | TRANSIENT_JOB | SYNCHRONOUS_WRITES | (isShallow ? SHALLOW : 0),
      });
    }
  }
}

async function overlay(libvirt: Libvirt, dom: Domain, { disks }: OverlayOfVm): Promise<void> {
  const { DISK_ONLY, NO_METADATA, ATOMIC } = DomainSnapshotCreateFlags;
  const xml = await libvirt.domainGetXMLDesc({ dom });
  const now = new Map(describeDomain(xml).disks.map(({ target, path }) => [target, path]));
  const missing = disks.filter(({ target, path }) => now.get(target) !== path);
  if (missing.length > 0) {
    await libvirt.domainSnapshotCreateXML({
      dom,
      xmlDesc: overlayXml(xml, missing),
      flags: DISK_ONLY | NO_METADATA | ATOMIC,
    });
  }
}

async function connectionsTo(libvirt: Libvirt, dom: Domain, exports: readonly string[]): Promise<readonly string[]> {
  const query = { execute: 'query-named-block-nodes', arguments: { flat: true } };
  return connectionsIn(await libvirt.qemuDomainMonitorCommand({ dom, cmd: JSON.stringify(query) }), exports);
}

/** An abort of a copy whose link is silent would block QEMU's monitor, and with it the VM: so the link is cut first. */
async function end(
  libvirt: Libvirt,
  dom: Domain,
  { vm, signal }: { readonly vm: ExportsOfVm; readonly signal: AbortSignal },
): Promise<void> {
  const ours = async (): Promise<readonly string[]> =>
    (await look(libvirt, dom)).flatMap(({ target, to }) =>
      to !== undefined && vm.exports.includes(to.name) ? [target] : [],
    );
  if ((await ours()).length === 0) {
    return;
  }
  const nodes = await connectionsTo(libvirt, dom, vm.exports);
  if (nodes.length > 0) {
    const instances = nodes.map((name) => ({ type: 'block-node', 'node-name': name }));
    await libvirt.qemuDomainMonitorCommand({ dom, cmd: JSON.stringify({ execute: 'yank', arguments: { instances } }) });
  }
  for (const target of await ours()) {
    await libvirt.domainBlockJobAbort({ dom, path: target }).catch((error: unknown) => {
      // One that was cut ends by itself, and may be gone before it is told to.
      if (!(error instanceof LibvirtError)) {
        throw error;
      }
    });
  }
  const until = AbortSignal.any([signal, AbortSignal.timeout(endsWithinMs)]);
  for (let left = await ours(); left.length > 0; left = await ours()) {
    if (until.aborted) {
      throw new FailureError({
        code: 'mirror-not-ended',
        kind: 'transient',
        message: `The mirror of ${left.join(', ')} of ${dom.name} on ${vm.host} was told to end, and has not`,
        hint: `it is tried again; or end it with \`virsh blockjob ${dom.name} ${left[0] ?? ''} --abort\``,
      });
    }
    await pause(lookEveryMs);
  }
}
