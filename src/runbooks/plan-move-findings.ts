import type { Finding } from '../model/finding.js';
import { formatDuration } from '../model/units.js';
import { listed, warning } from './conflict.js';
import { pairOf } from './outlook.js';
import { forecastOf, isWrittenOver } from './plan-move.js';
import { groupedBy, type Scene } from './plan-scene.js';
import type { PlacedWork } from './plan-work.js';

/** What was seen before VMs move to other hosts: each thing once, however many VMs it is about. */
export function moveFindings(scene: Scene, works: readonly PlacedWork[]): readonly Finding[] {
  const moved = works.filter(({ way }) => way === 'host' || way === 'host-restart' || way === 'host-cold');
  return [...warnings(scene, moved), ...restarts(moved), ...late(scene, moved), ...writtenOver(scene, moved)];
}

interface Sighting {
  readonly vm: string;
  readonly target: string;
  readonly code: string;
  readonly source: string;
  readonly message: string;
  readonly hint: string;
}

/** By code and hosts; what is said of one VM stands for others of which the same is said. */
function warnings(scene: Scene, works: readonly PlacedWork[]): readonly Finding[] {
  const seen = works.flatMap(({ subject, target }): Sighting[] => {
    const source = subject.place.host;
    const found = scene.outlooks.get(pairOf(source, target.host))?.obstacles(subject.facts.id) ?? [];
    return found
      .filter(({ severity }) => severity === 'warning')
      .map(({ code, message, hint }) => ({ vm: subject.name, source, target: target.host, code, message, hint }));
  });
  return [...groupedBy(seen, ({ code, source, target }) => `${code} ${source} ${target}`).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) {
      return [];
    }
    const { code, source, target, message, hint } = first;
    const others = new Set(group.filter((one) => one.message !== message).map(({ vm }) => vm));
    const more = others.size === 0 ? '' : `; the like is so of ${listed([...others])}`;
    return [warning(code, `${source} to ${target}`, `${message}${more}`, hint)];
  });
}

/** VMs that are down for their move although their ladder begins otherwise, by their reason. */
function restarts(works: readonly PlacedWork[]): readonly Finding[] {
  const restarted = works.filter(({ way, why }) => way === 'host-restart' && why !== undefined);
  return [...groupedBy(restarted, ({ why = '', target }) => `${target.host} ${why}`).values()].map((group) => {
    const names = group.map(({ subject }) => subject.name);
    const [first] = group;
    return warning(
      'moved-by-restart',
      first?.group.name ?? '',
      `${listed(names)} will be shut down and started on ${first?.target.host ?? ''}: ${first?.why ?? ''}`,
      'take restart off the ladder of the group, if it may not stop',
    );
  });
}

/** VMs whose move would be given up before it can end. */
function late(scene: Scene, works: readonly PlacedWork[]): readonly Finding[] {
  const over = works.filter(
    (work) =>
      work.way !== 'host-cold' &&
      !work.share.isAssumed &&
      forecastOf(scene, work).durationMs > work.group.move.deadlineMs,
  );
  return [...groupedBy(over, ({ group }) => group.name)].map(([name, slow]) => {
    const longestMs = slow.reduce((most, work) => Math.max(most, forecastOf(scene, work).durationMs), 0);
    const deadlineMs = slow[0]?.group.move.deadlineMs ?? 0;
    return warning(
      'deadline-at-risk',
      name,
      `${listed(slow.map(({ subject }) => subject.name))} will take up to ${formatDuration(longestMs)} to move, and group ${name} allows ${formatDuration(deadlineMs)}`,
      'allow a longer deadline, a larger bandwidth, or fewer moves at once',
    );
  });
}

/** Safety rule S4: what is discarded is shown in full before. */
function writtenOver(scene: Scene, works: readonly PlacedWork[]): readonly Finding[] {
  const stale = works.filter((work) => isWrittenOver(scene, work));
  return [...groupedBy(stale, ({ target }) => target.host)].map(([host, group]) => {
    const copies = group.map(({ subject: { name } }) => ({ name, at: instantOf(scene.leftAt.get(`${name} ${host}`)) }));
    const [one] = copies;
    const text =
      copies.length === 1
        ? `the old copy of ${one?.name ?? ''} on ${host}, left there at ${one?.at ?? ''}, will be written over`
        : `the old copies on ${host} will be written over: ${copies.map(({ name, at }) => `${name}, left there at ${at}`).join('; ')}`;
    return warning('old-copy-replaced', host, text, 'keep a copy of its disks, if anything in them is still wanted');
  });
}

function instantOf(at: number | undefined): string {
  return at === undefined ? 'a time unknown' : new Date(at).toISOString();
}
