import { setTimeout as timeout } from 'node:timers/promises';
import type { Estate } from '../../../model/estate.js';
import type { Prospect } from '../../../model/prospect.js';
import type { HostShell } from '../../host-shell.js';
import type { Hypervisor } from '../../hypervisor.js';
import { shareLooks } from '../../shared-looks.js';
import type { Connections } from '../connections.js';
import { asked } from '../failures.js';
import { Folders } from '../migration/folders.js';
import { type SourceVm, sourceVms } from './candidates.js';
import { cpuRefusals } from './cpu-refusals.js';
import { dirtyRates } from './dirty-rates.js';
import { obstaclesOf } from './obstacles.js';
import { sharedFolders } from './shared-folders.js';
import { libvirtFacts, shellFacts } from './target-facts.js';

interface ProspectTools {
  readonly connections: Connections;
  readonly estate: Estate;
  readonly shell: HostShell;
  readonly now: () => number;
}

/** What the libvirt driver sees ahead of moves. */
export function prospectsOf(tools: ProspectTools): Pick<Hypervisor, 'prospect' | 'dirtyRates'> {
  const folders = new Folders();
  const { connections } = tools;
  // Many targets are looked at for the same source.
  const vmsOf = shareLooks((host, signal) =>
    asked({ host, what: 'look at what would move', signal }, async () =>
      sourceVms(await connections.to(host, 'query', signal)),
    ),
  );
  return {
    prospect: (source, target, signal) => look(tools, { folders, vmsOf, source, target, signal }),
    dirtyRates: (host, signal) =>
      asked({ host, what: 'measure how its VMs write memory', signal }, async () =>
        dirtyRates(await connections.to(host, 'query', signal), {
          signal,
          pause: async (ms) => {
            await timeout(ms, undefined, { signal }).catch(() => undefined);
          },
        }),
      ),
  };
}

interface Look {
  readonly folders: Folders;
  readonly vmsOf: (source: string, signal: AbortSignal) => Promise<readonly SourceVm[]>;
  readonly source: string;
  readonly target: string;
  readonly signal: AbortSignal;
}

async function look(
  { connections, shell, now }: ProspectTools,
  { folders, vmsOf, source, target, signal }: Look,
): Promise<Prospect> {
  const to = { host: target, what: 'look at what VMs need', signal };
  const vms = await vmsOf(source, signal);
  const needs = vms.map((vm) => vm.needs);
  const folderPaths = distinct(needs.flatMap(({ disks }) => disks.map(({ folder }) => folder)));
  const files = needs.flatMap((each) => [...each.media, ...each.files].map(({ path }) => path));
  const [facts, more, refusals, shared] = await Promise.all([
    asked(to, async () => libvirtFacts(await connections.to(target, 'query', signal))),
    shellFacts(shell, { host: target, paths: distinct([...folderPaths, ...files]) }, signal),
    asked(to, async () =>
      cpuRefusals(
        await connections.to(target, 'query', signal),
        vms.filter(({ isRunning }) => isRunning).map((vm) => vm.needs),
      ),
    ),
    asked(to, async () =>
      sharedFolders(folders, {
        source: { host: source, libvirt: await connections.to(source, 'query', signal) },
        target: { host: target, libvirt: await connections.to(target, 'query', signal) },
        paths: folderPaths,
      }),
    ),
  ]);
  const sharedDisks = new Map(
    needs.map(({ id, disks }) => [id, disks.filter(({ folder }) => shared.has(folder)).map((disk) => disk.target)]),
  );
  const candidates = vms.map((vm) => {
    const cpuRefusal = refusals.get(vm.needs.id);
    return {
      ...vm,
      shared: sharedDisks.get(vm.needs.id) ?? [],
      ...(cpuRefusal === undefined ? {} : { cpuRefusal }),
    };
  });
  return {
    source,
    target,
    observedAt: now(),
    obstacles: candidates.flatMap((candidate) => obstaclesOf(candidate, { name: target, ...facts, ...more })),
    sharedDisks: Object.fromEntries([...sharedDisks].filter(([, disks]) => disks.length > 0)),
  };
}

function distinct(words: readonly string[]): readonly string[] {
  return [...new Set(words)];
}
