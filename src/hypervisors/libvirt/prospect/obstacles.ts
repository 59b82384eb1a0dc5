import type { Obstacle } from '../../../model/prospect.js';
import type { DomainNeeds } from './domain-needs.js';

/** A VM of the source at the time of the look. */
export interface Candidate {
  readonly needs: DomainNeeds;
  readonly isRunning: boolean;
  readonly snapshots: readonly string[];
  readonly hasManagedSave: boolean;
  /** A job of libvirt's is under way on it. */
  readonly hasJob: boolean;
  readonly isPersistent: boolean;
  /** Why the target's CPU does not serve it; undefined when it does, or when nobody could tell. */
  readonly cpuRefusal?: string;
  /** Targets of its disks that both hosts see. */
  readonly shared: readonly string[];
}

/** What the target has. What could not be found out is undefined, and no obstacle is made of it. */
export interface TargetFacts {
  readonly name: string;
  /** By `KIND/ARCH`, the machine types that it offers. */
  readonly machines: Readonly<Record<string, readonly string[]>>;
  readonly libvirtNetworks: readonly { readonly name: string; readonly isActive: boolean }[];
  readonly secrets: readonly string[];
  readonly vms: readonly { readonly id: string; readonly name: string }[];
  readonly bridges?: readonly string[];
  /** Of the files and folders asked about, those that are there. */
  readonly paths?: ReadonlySet<string>;
}

/** Everything that stands against moving this VM to that host, each with its mend. */
export function obstaclesOf(candidate: Candidate, target: TargetFacts): readonly Obstacle[] {
  return [
    ...stateObstacles(candidate),
    ...machineObstacles(candidate, target),
    ...networkObstacles(candidate, target),
    ...storageObstacles(candidate, target),
    ...nameObstacles(candidate, target),
  ];
}

type Draft = Pick<Obstacle, 'code' | 'message' | 'hint'> & Partial<Pick<Obstacle, 'blocks' | 'severity'>>;

function against({ needs }: Candidate, draft: Draft): Obstacle {
  return { severity: 'blocker', blocks: 'any', vm: needs.id, ...draft };
}

function stateObstacles(candidate: Candidate): readonly Obstacle[] {
  const { needs, snapshots, hasJob, hasManagedSave, isRunning } = candidate;
  const { name } = needs;
  const found: Draft[] = [];
  if (hasJob) {
    found.push({
      code: 'job-under-way',
      message: `another job is under way on ${name}`,
      hint: `wait for it, or end it with \`virsh domjobabort ${name}\``,
    });
  }
  if (needs.mirrored.length > 0) {
    found.push({
      code: 'mirror-running',
      blocks: 'live',
      message: `disk ${needs.mirrored.join(', ')} of ${name} is being mirrored, and libvirt moves no VM meanwhile`,
      hint: `end it with \`virsh blockjob ${name} ${needs.mirrored[0] ?? ''} --abort\``,
    });
  }
  if (snapshots.length > 0) {
    found.push({
      code: 'has-snapshots',
      message: `${name} has snapshots (${snapshots.join(', ')}), which libvirt does not move`,
      hint: `delete them, or only what libvirt knows of them: \`virsh snapshot-delete ${name} ${snapshots[0] ?? ''} --metadata\``,
    });
  }
  if (hasManagedSave && !isRunning) {
    found.push({
      code: 'has-saved-memory',
      message: `${name} is saved to a file of its host, which does not move with it`,
      hint: `start it, or drop the saved memory with \`virsh managedsave-remove ${name}\``,
    });
  }
  if (needs.hostDevices.length > 0) {
    found.push({
      code: 'host-device',
      message: `${name} uses what belongs to its host: ${needs.hostDevices.join(', ')}`,
      hint: 'detach it before the move',
    });
  }
  return found.map((draft) => against(candidate, draft));
}

function machineObstacles(candidate: Candidate, target: TargetFacts): readonly Obstacle[] {
  const { needs, cpuRefusal } = candidate;
  const offered = target.machines[`${needs.kind}/${needs.arch}`];
  const found: Draft[] = [];
  if (offered === undefined) {
    found.push({
      code: 'machine-missing',
      message: `${target.name} runs no ${needs.kind} VMs for ${needs.arch}, as ${needs.name} needs`,
      hint: needs.kind === 'kvm' ? 'see that /dev/kvm is there' : 'install QEMU for it there',
    });
  } else if (needs.machine !== '' && !offered.includes(needs.machine)) {
    found.push({
      code: 'machine-missing',
      message: `${target.name} does not know the machine type ${needs.machine} of ${needs.name}`,
      hint: 'bring QEMU there to the version of the source, or newer',
    });
  }
  if (cpuRefusal !== undefined) {
    found.push({
      code: 'cpu-incompatible',
      blocks: 'live',
      message: `the CPU of ${target.name} does not have all that ${needs.name} runs with: ${cpuRefusal}`,
      hint: 'choose another host, or give the VM a CPU model that both hosts have and restart it',
    });
  }
  return found.map((draft) => against(candidate, draft));
}

function networkObstacles(candidate: Candidate, target: TargetFacts): readonly Obstacle[] {
  const { needs } = candidate;
  const { libvirtNetworks, bridges, name } = target;
  const absent = needs.libvirtNetworks.filter((each) => !libvirtNetworks.some((network) => network.name === each));
  const idle = libvirtNetworks.filter((each) => needs.libvirtNetworks.includes(each.name) && !each.isActive);
  const unbridged = bridges === undefined ? [] : needs.bridges.filter((bridge) => !bridges.includes(bridge));
  return [
    ...absent.map((network) => ({
      code: 'network-missing',
      message: `${name} has no network ${network}, to which ${needs.name} is attached`,
      hint: `define it there: \`virsh net-define\``,
    })),
    ...idle.map((network) => ({
      code: 'network-missing',
      message: `network ${network.name} of ${needs.name} is not started on ${name}`,
      hint: `start it there: \`virsh net-start ${network.name}\``,
    })),
    ...unbridged.map((bridge) => ({
      code: 'network-missing',
      message: `${name} has no bridge ${bridge}, to which ${needs.name} is attached`,
      hint: 'make the bridge there',
    })),
  ].map((draft) => against(candidate, draft));
}

function storageObstacles(candidate: Candidate, target: TargetFacts): readonly Obstacle[] {
  const { needs, shared } = candidate;
  const { paths, name, secrets } = target;
  const isThere = (path: string): boolean => paths === undefined || paths.has(path);
  const folders = new Set(needs.disks.filter((disk) => !shared.includes(disk.target)).map(({ folder }) => folder));
  return [
    ...[...folders]
      .filter((folder) => !isThere(folder))
      .map((folder) => ({
        code: 'folder-missing',
        message: `${name} has no folder ${folder} for the disks of ${needs.name}`,
        hint: `make it there: \`mkdir -p ${folder}\``,
      })),
    ...needs.localDevices.map((disk) => ({
      code: 'disk-not-a-file',
      message: `disk ${disk.target} of ${needs.name} is ${disk.path}, which only its host has`,
      hint: 'put the disk into a file, or on storage that both hosts reach over the network',
    })),
    ...needs.media
      .filter(({ path }) => !isThere(path))
      .map((medium) => ({
        code: 'local-media',
        message: `drive ${medium.target} of ${needs.name} holds ${medium.path}, which ${name} does not have`,
        hint: `eject it: \`virsh change-media ${needs.name} ${medium.target} --eject\``,
      })),
    ...needs.files
      .filter(({ path }) => !isThere(path))
      .map((file) => ({
        code: 'file-missing',
        message: `${name} does not have ${file.path}, the ${file.role} of ${needs.name}`,
        hint: 'copy it there',
      })),
    ...needs.secrets
      .filter((secret) => !secrets.includes(secret))
      .map((secret) => ({
        code: 'secret-missing',
        message: `${name} does not have the secret ${secret} that a disk of ${needs.name} needs`,
        hint: 'define it there: `virsh secret-define`, `virsh secret-set-value`',
      })),
  ].map((draft) => against(candidate, draft));
}

function nameObstacles(candidate: Candidate, { vms, name }: TargetFacts): readonly Obstacle[] {
  const { needs } = candidate;
  const same = vms.find(({ id }) => id === needs.id);
  const namesake = vms.find((vm) => vm.name === needs.name && vm.id !== needs.id);
  return [
    ...(same === undefined
      ? []
      : [
          {
            code: 'defined-there',
            message: `${name} has a definition of ${needs.name} already`,
            hint: `find out which one is right; when it is the old one: \`virsh undefine ${needs.name}\` on ${name}`,
          },
        ]),
    ...(namesake === undefined
      ? []
      : [
          {
            code: 'name-taken',
            message: `${name} has another VM named ${needs.name} (${namesake.id})`,
            hint: 'rename one of them',
          },
        ]),
  ].map((draft) => against(candidate, draft));
}
