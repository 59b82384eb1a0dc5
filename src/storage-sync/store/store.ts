import type { HostShell } from '../../hypervisors/host-shell.js';
import type { HostSocket } from '../../hypervisors/host-socket.js';
import type { RecoveryPoint } from '../../model/replica.js';
import type { OverlayDisks, OverlayRequest, PromotedReplica } from '../replicas.js';
import { type Absorb, absorbOverlay } from './absorb.js';
import { type Daemon, endDaemon, findDaemon, withMonitor } from './daemon.js';
import { discardIncoming } from './discard.js';
import { endServing } from './exports.js';
import { succeed } from './host-commands.js';
import { readText } from './host-files.js';
import { checkImage } from './images.js';
import { isVmId, layerFile, pointsFolder, stateFile } from './layout.js';
import type { PointManifest } from './manifest.js';
import { mergePoints } from './merge.js';
import { type OpenReplica, type OpenRequest, openReplica } from './open.js';
import { createOverlay, type FoundOverlay, findOverlay, removeOverlay } from './overlays.js';
import { type Promotion, promotedPoint, promotePoint } from './promote.js';
import { type NewPoint, publishPoint } from './publish.js';
import { rebuildState } from './rebuild.js';
import { activeDisks, incoming, type MirrorRecord, type ReplicaState } from './replica-state.js';
import { nbdSocket, type Seat } from './seat.js';
import { writeState } from './settle.js';
import { demandSurvey, pinsOf, type Survey, survey } from './survey.js';
import { Turns } from './turns.js';

export interface StoreOptions {
  readonly shell: HostShell;
  readonly sockets: HostSocket;
  /** The host that holds the replicas: `controller` or its name. */
  readonly on: string;
  /** Its folder of replicas. */
  readonly replicas: string;
  /** Folder of the daemons' pid files and sockets; default `/run/lifeboat`. It goes with a restart of the host. */
  readonly run?: string;
}

/** A replica as its folder tells it. */
export interface StoredReplica {
  readonly state: ReplicaState;
  /** Oldest first. */
  readonly points: readonly StoredPoint[];
  readonly daemon: Daemon | undefined;
}

export interface StoredPoint extends RecoveryPoint {
  readonly manifest: PointManifest;
}

/**
 * The replicas of one recovery host: qcow2 chains in a folder for each VM, written to through a storage daemon for each
 * VM, see `layout.ts`. Every method may be called again after a stop at any instant and goes on with, or finds, what was
 * done. Calls for one VM take turns, in this process; that no other process writes is for the lease to see to.
 *
 * Rejects with a `FailureError`: what `HostShell` and `HostSocket` say, `replica-not-found`, `replica-damaged`,
 * `image-missing`, `no-space`, `point-not-found`, `storage-daemon-missing`, `storage-daemon-failed` (permanent),
 * `replica-in-use`, `overlay-in-use` (precondition), `storage-daemon-lost`, `nbd-port-taken`, `merge-failed` (transient),
 * `storage-daemon-refused`, `store-command-failed`, `disk-shrunk` (permanent), `call-aborted` (outcome-unknown).
 */
export interface ReplicaStore {
  /** Ids of all VMs that have a replica here. */
  list(signal: AbortSignal): Promise<readonly string[]>;
  /** Undefined when there is none. */
  find(vmId: string, signal: AbortSignal): Promise<StoredReplica | undefined>;
  open(request: OpenRequest, signal: AbortSignal): Promise<OpenReplica>;
  /** Path of the unix socket at which `open` listens when it is asked for `unix`. */
  nbdSocket(vmId: string): string;
  publish(vmId: string, point: NewPoint, instance: string, signal: AbortSignal): Promise<PointManifest>;
  /** Merges the oldest points until `keep` are left; the ids of those that are gone. May end early for a promotion. */
  merge(vmId: string, keep: number, signal: AbortSignal): Promise<readonly string[]>;
  /** Ends the exports and cuts their writers; the daemon stays, and publishes what it has. */
  endExports(vmId: string, signal: AbortSignal): Promise<void>;
  /** Ends the daemon and sees it gone. */
  close(vmId: string, signal: AbortSignal): Promise<void>;
  discardIncoming(vmId: string, signal: AbortSignal): Promise<void>;
  /** Notes durably what is known of the mirror that writes here; undefined takes the note off. */
  recordMirror(vmId: string, mirror: MirrorRecord | undefined, signal: AbortSignal): Promise<void>;
  /** When the newest write reached the incoming layers by the host's clock, ms since the epoch. Writes may follow. */
  writtenAt(vmId: string, signal: AbortSignal): Promise<number>;
  promote(vmId: string, promotion: Promotion, signal: AbortSignal): Promise<PromotedReplica>;
  promoted(vmId: string, runId: string, signal: AbortSignal): Promise<PromotedReplica | undefined>;
  createOverlay(
    vmId: string,
    overlay: Pick<OverlayRequest, 'key' | 'purpose' | 'point'>,
    signal: AbortSignal,
  ): Promise<OverlayDisks>;
  overlay(vmId: string, key: string, signal: AbortSignal): Promise<OverlayDisks | undefined>;
  removeOverlay(vmId: string, key: string, signal: AbortSignal): Promise<void>;
  /** Merges an overlay into its base and gives the replica up; see `absorbOverlay`. */
  mergeOverlay(vmId: string, key: string, signal: AbortSignal, absorb?: Absorb): Promise<void>;
  /** The domain XML that a point carries; undefined when it has none. */
  definition(vmId: string, point: string, signal: AbortSignal): Promise<string | undefined>;
  /** Makes a lost or damaged `replica.json` anew from manifests and images; see `rebuildState`. */
  rebuild(vmId: string, method: ReplicaState['method'], signal: AbortSignal): Promise<ReplicaState>;
  /** Looks for damage in the layers of all points. Throws the first that is found. */
  check(vmId: string, signal: AbortSignal): Promise<void>;
}

export function createReplicaStore({
  shell,
  sockets,
  on,
  replicas,
  run = '/run/lifeboat',
}: StoreOptions): ReplicaStore {
  const turns = new Turns();
  const seatOf = (vmId: string, signal: AbortSignal): Seat => {
    if (!isVmId(vmId)) {
      throw new TypeError(`${vmId} is no VM's UUID`);
    }
    return { shell, sockets, on, signal, vmId, folder: `${replicas}/${vmId}`, runFolder: `${run}/${vmId}` };
  };
  const inTurn = async <Answer>(vmId: string, signal: AbortSignal, act: (seat: Seat) => Promise<Answer>) =>
    await turns.take(vmId, async () => await act(seatOf(vmId, signal)));
  const atOnce = async <Answer>(vmId: string, signal: AbortSignal, act: (seat: Seat) => Promise<Answer>) => {
    turns.cut(vmId);
    return await inTurn(vmId, signal, act);
  };
  return {
    async list(signal) {
      const find = ['find', replicas, '-mindepth', '2', '-maxdepth', '2', '-name', stateFile, '-printf', '%P\\n'];
      const place: Seat = { shell, sockets, on, signal, vmId: '', folder: replicas, runFolder: run };
      await succeed(place, ['mkdir', '-p', '--', replicas]);
      const paths = (await succeed(place, find)).split('\n');
      return paths.map((path) => path.slice(0, -stateFile.length - 1)).filter(isVmId);
    },
    async find(vmId, signal) {
      return await inTurn(vmId, signal, async (seat) => {
        const found = await survey(seat);
        return found === undefined
          ? undefined
          : { state: found.state, points: storedPoints(found), daemon: await findDaemon(seat) };
      });
    },
    open: async (request, signal) =>
      await inTurn(request.vm.id, signal, async (seat) => await openReplica(seat, request)),
    nbdSocket: (vmId) => nbdSocket({ runFolder: `${run}/${vmId}` }),
    publish: async (vmId, point, instance, signal) =>
      await inTurn(vmId, signal, async (seat) => await publishPoint(seat, point, instance)),
    merge: async (vmId, keep, signal) =>
      await turns.takeMerge(vmId, signal, async (both) => await mergePoints(seatOf(vmId, both), keep)),
    endExports: async (vmId, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        if ((await findDaemon(seat)) !== undefined) {
          await withMonitor(seat, async (qmp) => await endServing(seat, qmp));
        }
      }),
    close: async (vmId, signal) => await atOnce(vmId, signal, endDaemon),
    discardIncoming: async (vmId, signal) => await inTurn(vmId, signal, discardIncoming),
    recordMirror: async (vmId, mirror, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        const { mirror: _, ...state } = (await demandSurvey(seat)).state;
        await writeState(seat, mirror === undefined ? state : { ...state, mirror });
      }),
    writtenAt: async (vmId, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        const { state } = await demandSurvey(seat);
        const files = activeDisks(state).map((disk) => `${seat.folder}/${layerFile(disk.target, incoming(disk))}`);
        const seconds = await succeed(seat, ['stat', '-c', '%.3Y', '--', ...files]);
        return Math.max(
          ...seconds
            .trim()
            .split('\n')
            .map((text) => Math.round(Number(text) * 1_000)),
        );
      }),
    promote: async (vmId, promotion, signal) =>
      await atOnce(vmId, signal, async (seat) => {
        const { id } = await promotePoint(seat, promotion);
        return shownPromotion(seat, await demandSurvey(seat), id);
      }),
    promoted: async (vmId, runId, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        const found = await survey(seat);
        const point = found === undefined ? undefined : promotedPoint(found, runId);
        return found === undefined || point === undefined ? undefined : shownPromotion(seat, found, point.id);
      }),
    createOverlay: async (vmId, overlay, signal) =>
      await atOnce(vmId, signal, async (seat) => {
        const made = await createOverlay(seat, overlay);
        return shownOverlay(await demandSurvey(seat), made);
      }),
    overlay: async (vmId, key, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        const overlay = await findOverlay(seat, key);
        return overlay === undefined ? undefined : shownOverlay(await demandSurvey(seat), overlay);
      }),
    removeOverlay: async (vmId, key, signal) =>
      await inTurn(vmId, signal, async (seat) => await removeOverlay(seat, key)),
    mergeOverlay: async (vmId, key, signal, absorb) =>
      await inTurn(vmId, signal, async (seat) => await absorbOverlay(seat, key, absorb)),
    definition: async (vmId, point, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        const file = (await demandSurvey(seat)).points.find(({ id }) => id === point)?.definition;
        return file === undefined ? undefined : await readText(seat, `${pointsFolder}/${file}`);
      }),
    rebuild: async (vmId, method, signal) =>
      await inTurn(vmId, signal, async (seat) => await rebuildState(seat, method)),
    check: async (vmId, signal) =>
      await inTurn(vmId, signal, async (seat) => {
        for (const { disks } of (await demandSurvey(seat)).points) {
          for (const { layer, sizeBytes } of disks) {
            await checkImage(seat, layer, sizeBytes);
          }
        }
      }),
  };
}

function storedPoints(found: Survey): readonly StoredPoint[] {
  const pins = pinsOf(found);
  return found.points.map((manifest) => ({
    id: manifest.id,
    vm: manifest.vm.name,
    at: manifest.at,
    consistency: manifest.consistency,
    sizeBytes: manifest.carries.disks.reduce((sum, { usedBytes }) => sum + usedBytes, 0),
    ...(manifest.checkpoint === undefined ? {} : { checkpoint: manifest.checkpoint }),
    pinnedBy: pins.get(manifest.id) ?? [],
    manifest,
  }));
}

function recoveryPoint(found: Survey, id: string): RecoveryPoint {
  const point = storedPoints(found).find((each) => each.id === id);
  if (point === undefined) {
    throw new Error(`the point ${id} was there a moment ago`);
  }
  const { manifest: _, ...shown } = point;
  return shown;
}

function shownPromotion(seat: Seat, found: Survey, id: string): PromotedReplica {
  const disks = found.points.find((point) => point.id === id)?.disks ?? [];
  return {
    point: recoveryPoint(found, id),
    disks: disks.map(({ target, layer, sizeBytes }) => ({ target, path: `${seat.folder}/${layer}`, sizeBytes })),
  };
}

function shownOverlay(found: Survey, { point, disks }: FoundOverlay): OverlayDisks {
  return { point: recoveryPoint(found, point.id), disks };
}
