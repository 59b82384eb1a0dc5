import type { TransferProgress } from '../../hypervisors/hypervisor.js';
import { formatPlace } from '../../model/place.js';
import type { ProtectionState } from '../../model/replica.js';
import { formatDuration } from '../../model/units.js';
import { stateWords } from '../../storage-sync/lag.js';
import type { ReplicatorRules, ReplicatorState } from '../../storage-sync/replicator-core.js';
import { standingOf, type Tended } from '../../storage-sync/tended-vm.js';
import { clean, fit, type Style, widthOf } from '../style.js';
import { transferLine } from './transfer-line.js';
import { timeOfDay } from './words.js';

export interface ProtectionView {
  readonly runbook: string;
  readonly state: ReplicatorState;
  readonly rules: Pick<ReplicatorRules, 'rpoMs' | 'lostAfterMs'>;
  /** Of cycles under way, by VM. */
  readonly progress: ReadonlyMap<string, TransferProgress>;
  readonly now: number;
}

interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly style: Style;
}

const signs: Readonly<
  Record<ProtectionState, { readonly sign: string; readonly tone: 'good' | 'bad' | 'warn' | 'accent' }>
> = {
  'meeting-rpo': { sign: '✔', tone: 'good' },
  seeding: { sign: '▸', tone: 'accent' },
  resyncing: { sign: '↻', tone: 'warn' },
  'rpo-missed': { sign: '✗', tone: 'bad' },
  broken: { sign: '✗', tone: 'bad' },
  'recovery-possible': { sign: '!', tone: 'warn' },
  'needs-configuration': { sign: '?', tone: 'warn' },
};

/** The state with its sign, in a colour that says the same. */
export function stateText(state: ProtectionState, style: Style): string {
  const { sign, tone } = signs[state];
  return style[tone](`${sign} ${stateWords[state]}`);
}

/** A protection as lines that fit: a heading, then a line for each VM, the worst first when there are too many. */
export function protectionFrame(view: ProtectionView, { columns, rows, style }: Room): readonly string[] {
  const { runbook, state, rules, now } = view;
  const all = [...state.vms.values()].map((tended) => ({ tended, ...standingOf(tended, rules, now) }));
  const good = all.filter((one) => one.state === 'meeting-rpo').length;
  const target = rules.rpoMs === undefined ? '' : `  RPO ${formatDuration(rules.rpoMs)}`;
  const heading = `${style.bold(clean(runbook))}  ${timeOfDay(now)}  ${good} of ${all.length} VMs meet it${target}`;
  const room = Math.max(1, rows - 3);
  const isCut = all.length > room;
  const shown = isCut ? all.toSorted((one, other) => rank(one.state) - rank(other.state)).slice(0, room) : all;
  const nameWidth = Math.min(24, Math.max(...shown.map(({ tended }) => widthOf(tended.member.vm)), 2));
  const lines = shown.map(({ tended, ...standing }) => {
    const age = standing.ageMs === undefined ? '-' : formatDuration(standing.ageMs);
    const head = `  ${fit(stateText(standing.state, style), 22)} ${fit(tended.member.vm, nameWidth)}  ${fit(age, 8)} `;
    return fit(head + detail(tended, standing.why, view, { style, room: columns - widthOf(head) }), columns).trimEnd();
  });
  return [fit(heading, columns).trimEnd(), ...lines, ...(isCut ? [`  … ${all.length - room} more`] : [])];
}

function rank(state: ProtectionState): number {
  return state === 'meeting-rpo' ? 1 : 0;
}

function detail(
  { member, cycle, replica }: Tended,
  why: string | undefined,
  { progress, now }: ProtectionView,
  { style, room }: { readonly style: Style; readonly room: number },
): string {
  const under = progress.get(member.vm);
  if (cycle !== undefined && under !== undefined) {
    const { doneBytes: done, totalBytes: total } = under;
    const transfer = { text: replica.next, done, total, unit: 'bytes', transfer: under } as const;
    return transferLine({ progress: transfer, target: cycle.route.to.host, now }, { style, room });
  }
  if (why !== undefined) {
    return clean(why);
  }
  const to = member.route === undefined ? '' : `→ ${formatPlace(member.route.to)}`;
  return style.dim(replica.dueAt === undefined ? to : `${to}  next at ${timeOfDay(Math.max(now, replica.dueAt))}`);
}
