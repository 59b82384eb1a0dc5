import type { Plan, PlanConflict } from '../../model/plan.js';
import { argument, type Call, note, operatorOf, optionText } from '../call.js';
import { askToConfirm, refuseUnconfirmed } from '../confirm.js';
import type { World } from '../drivers.js';
import type { ExitCode } from '../exit-codes.js';
import { follow } from '../follow.js';
import { openEngine } from '../open-engine.js';
import { withWorld } from '../open-world.js';
import { findingsText, skippedLines } from '../plan-advice.js';
import { digestsNow, isConflicts, makePlan, tellConflicts } from '../plan-making.js';
import { usage } from '../refusal.js';
import { askedMode, modeOf, refuseOffHosts } from '../request.js';
import { readSavedPlan, refuseStale } from '../saved-plan.js';
import { readSubject, type Subject } from '../subject.js';

/** `lifeboat drill`, `relocate`, `failover`, `failback`, `evacuate`, `reverse` and `run`: plans, asks, starts and follows. */
export async function startCommand(call: Call): Promise<ExitCode> {
  const file = optionText(call, 'plan');
  if (file !== undefined && call.args.length > 0) {
    throw usage('lifeboat run: a runbook and --plan were given', 'Give one of them; the plan knows its runbook.');
  }
  if (file === undefined) {
    if (call.args.length === 0) {
      throw usage('lifeboat run: neither a runbook nor a plan was given', 'Write --plan FILE, or RUNBOOK --mode MODE.');
    }
    const subject = readSubject(call, argument(call, 0), askedMode(call));
    const mode = modeOf(call, subject);
    const isConfirmed = mode === 'failover' && call.options['planned'] !== true;
    return start(call, { subject, isConfirmed, plan: (world) => makePlan(call, { world, subject, mode }) });
  }
  const saved = readSavedPlan(call, file);
  const { plan } = saved;
  refuseOffHosts(call, plan.mode);
  const subject = readSubject(call, saved.subject, plan.request.mode);
  return start(call, {
    subject,
    isConfirmed: plan.mode === 'failover',
    plan: async (world) => {
      refuseStale(file, plan.digests, await digestsNow(world, subject, plan.mode));
      return { ...plan, request: { ...plan.request, by: operatorOf(call), at: world.ports.clock.now() } };
    },
  });
}

interface Start {
  readonly subject: Subject;
  /** Whether a person has to type the runbook's name. */
  readonly isConfirmed: boolean;
  readonly plan: (world: World) => Promise<Plan | readonly PlanConflict[]>;
}

async function start(call: Call, { subject, isConfirmed, plan }: Start): Promise<ExitCode> {
  if (isConfirmed) {
    refuseUnconfirmed(call, subject.runbook.name);
  }
  return withWorld(call, { ...subject, isKept: true }, async (world) => {
    const planned = await plan(world);
    if (isConflicts(planned)) {
      return tellConflicts(call, subject, planned);
    }
    tellBeforehand(call, planned);
    if (isConfirmed) {
      await askToConfirm(call, subject.runbook.name, planned);
    }
    const engine = openEngine(call, world, subject.estate.estate);
    const active = await engine.start(planned);
    return follow(call, { active, engine, world, fromSeq: 1 });
  });
}

/** What a person should know before it begins: findings, and which VMs are left alone. */
function tellBeforehand(call: Call, { findings, skipped }: Plan): void {
  // Whoever limits a run knows what it leaves alone.
  const unasked = skipped.filter(({ code }) => code !== 'not-asked-for');
  const left = skippedLines(unasked).map((line) => `- left alone: ${line}`);
  const text = [findingsText(findings, call.noteStyle).trimEnd(), ...left].filter((line) => line !== '').join('\n');
  if (text !== '') {
    note(call, text);
  }
}
