import { type Estate, hostsOf } from '../model/estate.js';
import {
  type ExtraAction,
  type ExtraStep,
  type Group,
  type Limits,
  type Moment,
  notifyEvents,
  type Protection,
  type ReadyCheck,
  type Replicate,
  type Runbook,
  rungs,
  type Scope,
  type Selector,
  type Trigger,
  type TriggerProbe,
} from '../model/runbook.js';
import { parseDuration, parseRate } from '../model/units.js';
import { policyForHost } from './host-runbook.js';
import { parseFile } from './parse-file.js';
import { runbookRelations } from './parse-runbook-relations.js';
import type { Parsed } from './problem.js';
import { checkOf } from './schema-check.js';
import { type RunbookText, runbookSchema } from './schema-runbook.js';
import type { ExtraStepText } from './schema-runbook-steps.js';
import type { TriggerText } from './schema-runbook-triggers.js';
import type { FileText } from './yaml-text.js';

type GroupText = NonNullable<RunbookText['groups']>[number];
type ReplicateText = NonNullable<GroupText['replicate']>;
type ReadyText = NonNullable<GroupText['ready']>[number];
type ProbeText = NonNullable<TriggerText['when']['all']>[number];

const check = checkOf(runbookSchema);

/**
 * The runbook of a file, its defaults filled in, or every problem of it. The estate says which sites and hosts there are;
 * `file` is the name that the problems carry.
 */
export function parseRunbook(text: FileText, file: string, estate: Estate): Parsed<Runbook> {
  const relations = (root: Parameters<typeof runbookRelations>[0]) => runbookRelations(root, estate);
  return parseFile(text, file, { check, relations, make: (written) => runbookOf(written, estate) });
}

function runbookOf(written: RunbookText, estate: Estate): Runbook {
  const { name, protect, objectives = {}, notify, guard = 'normal' } = written;
  return {
    name,
    protect: protectionOf(protect, estate),
    ...(protect.balance === undefined ? {} : { balance: { freeHosts: protect.free ?? 0 } }),
    objectives: {
      ...(objectives.rpo === undefined ? {} : { rpoMs: msOf(objectives.rpo) }),
      ...(objectives.rto === undefined ? {} : { rtoMs: msOf(objectives.rto) }),
    },
    groups: written.groups?.map(groupOf) ?? policyForHost.groups,
    keepApart: (written['keep-apart'] ?? []).map((set) => set.map(selectorOf)),
    keepTogether: (written['keep-together'] ?? []).map((set) => set.map(selectorOf)),
    limits: limitsOf(written.limits ?? {}),
    steps: (written.steps ?? []).map(stepOf),
    triggers: (written.triggers ?? []).map(triggerOf),
    ...(notify === undefined ? {} : { notify: { mail: notify.mail ?? true, on: notify.on ?? notifyEvents } }),
    guard,
  };
}

function protectionOf({ balance, from = '', to = '' }: RunbookText['protect'], estate: Estate): Protection {
  return balance === undefined
    ? { from: scopeOf(from, estate), to: scopeOf(to, estate) }
    : { from: { site: balance }, to: { site: balance } };
}

function scopeOf(written: NonNullable<RunbookText['protect']['from']>, estate: Estate): Scope {
  return typeof written === 'string'
    ? { site: written }
    : { site: hostsOf(estate)[written.host]?.site ?? '', host: written.host };
}

function groupOf({ name, priority = 3, after = [], vms, replicate, move = {}, ready = [] }: GroupText): Group {
  return {
    name,
    priority,
    after,
    vms: vms.map(selectorOf),
    ...(replicate === undefined ? {} : { replicate: replicateOf(replicate) }),
    move: {
      ladder: move.ladder ?? rungs,
      maxDowntimeMs: msOf(move['max-downtime'] ?? '500ms'),
      deadlineMs: msOf(move.deadline ?? '10m'),
    },
    ready: ready.map(readyOf),
  };
}

function selectorOf(written: GroupText['vms'][number]): Selector {
  if (typeof written !== 'string') {
    return written;
  }
  return /[*?[]/.test(written) ? { glob: written } : { name: written };
}

function replicateOf(written: ReplicateText): Replicate {
  const { keep = 12 } = written;
  switch (written.method) {
    case 'mirror':
      return { method: 'mirror', keep, stallMs: msOf(written.stall ?? '5s') };
    case 'block-sync':
      return { method: 'block-sync', everyMs: msOf(written.every ?? '5m'), keep, quiesce: written.quiesce ?? false };
  }
}

function readyOf(written: ReadyText): ReadyCheck {
  const withinMs = msOf(written.within ?? '60s');
  switch (written.probe) {
    case 'guest-agent':
      return { probe: 'guest-agent', withinMs };
    case 'tcp':
      return { probe: 'tcp', port: written.port, withinMs };
    case 'http':
      return { probe: 'http', url: written.url, status: written.status ?? 200, withinMs };
    case 'command':
      return { probe: 'command', command: written.command, withinMs };
  }
}

function limitsOf(written: NonNullable<RunbookText['limits']>): Limits {
  const bytesPerSecond = written.bandwidth === undefined ? undefined : parseRate(written.bandwidth);
  return {
    perHost: written['per-host'] ?? 2,
    perLink: written['per-link'] ?? 4,
    ...(written['per-run'] === undefined ? {} : { perRun: written['per-run'] }),
    ...(bytesPerSecond === undefined ? {} : { bytesPerSecond }),
  };
}

function stepOf(written: ExtraStepText): ExtraStep {
  const action = actionOf(written);
  return {
    moment: momentOf(written.at),
    action,
    timeoutMs: written.timeout === undefined ? defaultTimeoutMs(action) : msOf(written.timeout),
    onFailure: written['on-failure'] ?? 'stop',
    ...(written.only === undefined ? {} : { only: written.only }),
  };
}

/** Five minutes; for a step that waits for somebody or something, on top of what it is allowed to wait. */
function defaultTimeoutMs(action: ExtraAction): number {
  switch (action.uses) {
    case 'approve':
      return action.with.withinMs + msOf('5m');
    case 'wait':
      return action.with.forMs + msOf('5m');
    case 'run':
    case 'notify':
      return msOf('5m');
  }
}

function momentOf(text: string): Moment {
  const [at = '', group = ''] = text.split('/');
  return at === 'before-group' || at === 'after-group' ? { at, group } : { at: at as 'before-move' | 'after-move' };
}

function actionOf(written: ExtraStepText): ExtraAction {
  switch (written.uses) {
    case 'run': {
      const { on, command, repeatable = false } = written.with;
      return { uses: 'run', with: { on, command, repeatable } };
    }
    case 'approve': {
      const { from = [], within = '15m', otherwise = 'pause' } = written.with ?? {};
      return { uses: 'approve', with: { from, withinMs: msOf(within), otherwise } };
    }
    case 'wait':
      return { uses: 'wait', with: { forMs: msOf(written.with.for) } };
    case 'notify':
      return { uses: 'notify', with: { message: written.with.message } };
  }
}

function triggerOf({ name, when, for: held, start, arm = 'ask' }: TriggerText): Trigger {
  const condition = when.all === undefined ? { any: (when.any ?? []).map(probeOf) } : { all: when.all.map(probeOf) };
  return { name, when: condition, forMs: msOf(held), start, arm };
}

function probeOf(written: ProbeText): TriggerProbe {
  if (written.probe === 'tcp') {
    return { probe: 'tcp', host: written.host, port: written.port };
  }
  const { site, host = '' } = written;
  return site === undefined ? { probe: 'libvirt', host } : { probe: 'libvirt', site };
}

/** The schema has let only durations through. */
function msOf(text: string): number {
  return parseDuration(text) ?? 0;
}
