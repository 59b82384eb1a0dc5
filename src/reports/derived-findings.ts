import type { Entry } from '../model/entry.js';
import type { Finding } from '../model/finding.js';
import { formatDuration, formatSize } from '../model/units.js';
import { isOff } from './forecasts.js';
import type { Forecast, LaneReport, Objective, RunReport, StepReport, VmReport } from './run-report.js';

type Folded = Pick<RunReport, 'stages' | 'vms' | 'objectives' | 'forecasts'> & {
  readonly entries: readonly Entry[];
  readonly isFinished: boolean;
};

/** What the journal shows that a person should know, beside the plan's own findings. */
export function derivedFindings(folded: Folded): readonly Finding[] {
  const { stages, vms, objectives, forecasts, entries, isFinished } = folded;
  return [
    ...objectives.flatMap(objectiveFindings),
    ...takenUp(entries),
    ...vms.flatMap(unproven),
    ...stages.flatMap(({ lanes, isAlways }) =>
      lanes.flatMap((lane) => [
        ...failedLane(lane),
        ...cleanup(lane, { isAlways, isFinished }),
        ...lane.steps.flatMap((step) => stepFindings(lane, step)),
      ]),
    ),
    ...forecastFindings(forecasts),
    ...notices(entries),
  ];
}

function objectiveFindings({ objective, verdict, targetMs, measuredMs, worst, misses }: Objective): readonly Finding[] {
  if (verdict !== 'missed') {
    return [];
  }
  const name = objective.toUpperCase();
  const isMeasured = measuredMs !== undefined && measuredMs > targetMs;
  const most = isMeasured ? `the worst is ${formatDuration(measuredMs)}` : 'not ready in that time';
  return [
    {
      code: `${objective}-missed`,
      severity: 'warning',
      subject: worst ?? 'run',
      message: `${name} of ${formatDuration(targetMs)} missed by ${counted(misses, 'VM')}; ${most}`,
    },
  ];
}

function takenUp(entries: readonly Entry[]): readonly Finding[] {
  const times = entries.filter(({ type }) => type === 'run.taken-up').length;
  const message = `The run was taken up again ${times === 1 ? 'once' : `${times} times`}, after the engine that had it ended`;
  return times === 0 ? [] : [{ code: 'run-taken-up', severity: 'info', subject: 'run', message }];
}

function unproven({ vm, outcome }: VmReport): readonly Finding[] {
  const message = `${vm} counts as unproven: a step that would have shown it ready was passed over`;
  const hint = 'Look at the VM yourself before relying on it';
  return outcome === 'unproven' ? [{ code: 'not-proven-ready', severity: 'warning', subject: vm, message, hint }] : [];
}

/** A VM's failure stands in the table of VMs; that of a host or of an extra step would stand nowhere. */
function failedLane({ subject, outcome, because, steps }: LaneReport): readonly Finding[] {
  if (outcome !== 'failed' || subject.kind === 'vm') {
    return [];
  }
  const hint = steps.findLast((step) => step.outcome === 'failed')?.failure?.hint;
  const message = because ?? `${subject.name} failed`;
  return [
    {
      code: 'lane-failed',
      severity: 'warning',
      subject: subject.name,
      message,
      ...(hint === undefined ? {} : { hint }),
    },
  ];
}

function cleanup(
  lane: LaneReport,
  { isAlways, isFinished }: { readonly isAlways: boolean; readonly isFinished: boolean },
): readonly Finding[] {
  const hasBegun = lane.startedAt !== undefined;
  const open = lane.steps.filter(({ kind, outcome }) => kind === 'cleanup' && outcome !== 'succeeded');
  const isLeft = open.some(({ outcome }) => outcome === 'failed' || outcome === 'passed-over' || isFinished);
  if (!isLeft || !(hasBegun || isAlways)) {
    return [];
  }
  const message = `Clean-up of ${lane.subject.name} is incomplete: ${open.map(({ title }) => title).join(', ')}`;
  const hint = 'Remove by hand what the step names';
  return [{ code: 'clean-up-incomplete', severity: 'warning', subject: lane.subject.name, message, hint }];
}

function stepFindings({ subject }: LaneReport, step: StepReport): readonly Finding[] {
  const { title, attempts, outcome, failure, movedBy } = step;
  const why = failure === undefined ? '' : `: ${failure.message}`;
  const retried: readonly Finding[] =
    attempts.length < 2
      ? []
      : [
          {
            code: 'step-retried',
            severity: 'info',
            subject: subject.name,
            message: `${title} was begun ${counted(attempts.length, 'time')}${why}`,
          },
        ];
  const answer = movedBy.at(-1);
  const by = answer === undefined ? '' : ` (${answer.move} by ${answer.by})`;
  const { message, code } = { message: `${title} was passed over${by}${why}`, code: 'step-passed-over' };
  return outcome === 'passed-over'
    ? [...retried, { code, severity: 'warning', subject: subject.name, message }]
    : retried;
}

/** One finding for the run and one for all VMs together: five hundred would hide the rest. */
function forecastFindings(forecasts: readonly Forecast[]): readonly Finding[] {
  const off = forecasts.filter(isOff);
  const ofRun = off.filter(({ subject }) => subject === 'run');
  const ofVms = off.filter(({ subject }) => subject !== 'run').toSorted((one, other) => ratio(other) - ratio(one));
  const names = new Set(ofVms.map(({ subject }) => subject));
  const [worst] = ofVms;
  return [
    ...ofRun.map((forecast) =>
      forecastFinding('run', `The run differed from its forecast by more than 25 %: ${forecastText(forecast)}`),
    ),
    ...(worst === undefined
      ? []
      : [
          forecastFinding(
            worst.subject,
            `${counted(names.size, 'VM')} differed from the forecast by more than 25 %, most of all ${worst.subject}: ${forecastText(worst)}`,
          ),
        ]),
  ];
}

function forecastFinding(subject: string, message: string): Finding {
  return { code: 'forecast-off', severity: 'info', subject, message };
}

function forecastText({ what, estimated, measured }: Forecast): string {
  const format = what === 'bytes' ? formatSize : formatDuration;
  return `${what} forecast ${format(estimated)}, measured ${format(measured)}`;
}

function ratio({ estimated, measured }: Forecast): number {
  return Math.max(measured, 1) > estimated ? Math.max(measured, 1) / estimated : estimated / Math.max(measured, 1);
}

function notices(entries: readonly Entry[]): readonly Finding[] {
  return entries.flatMap((entry) =>
    entry.type === 'notice.failed'
      ? [
          {
            code: 'notice-not-sent',
            severity: 'warning' as const,
            subject: entry.event,
            message: `The notice of ${entry.event} was not sent: ${entry.failure.message}`,
          },
        ]
      : [],
  );
}

/** `1 VM`, `3 VMs`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
