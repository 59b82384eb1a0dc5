import type { Mode } from '../../model/mode.js';
import type { PlanConflict } from '../../model/plan.js';
import { formatProblem, type Problem } from '../../runbooks/problem.js';
import { type Call, optionFlag } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodeOfConflicts, exitCodes } from '../exit-codes.js';
import { InvalidFiles } from '../invalid-files.js';
import { withWorld } from '../open-world.js';
import { conflictsText, isConflicts, makePlan, tell } from '../plan-making.js';
import { readSubject, type Subject } from '../subject.js';

interface Checked {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** By mode, when it was planned against hosts. */
  readonly conflicts: readonly PlanConflict[];
  readonly text: string;
}

/** Modes against which a runbook is planned when there are simulated hosts. */
const plannedModes: readonly Mode[] = ['drill', 'relocate'];

/** `lifeboat validate`: every problem of every file, not only the first. */
export async function validateCommand(call: Call): Promise<ExitCode> {
  readEstate(call);
  const checked: Checked[] = [];
  for (const file of call.args) {
    checked.push(await check(call, file));
  }
  const files = checked.map(({ file, problems, conflicts }) => ({
    file,
    isValid: problems.length + conflicts.length === 0,
    problems,
    conflicts,
  }));
  tell(call, () => checked.map(({ text }) => text).join('\n'), { kind: 'Validation', members: { files } });
  if (checked.some(({ problems }) => problems.length > 0)) {
    return exitCodes.invalidFile;
  }
  const conflicts = checked.flatMap((one) => one.conflicts);
  return conflicts.length > 0 ? exitCodeOfConflicts(conflicts) : exitCodes.done;
}

async function check(call: Call, file: string): Promise<Checked> {
  let subject: Subject;
  try {
    subject = readSubject(call, file);
  } catch (error) {
    if (error instanceof InvalidFiles) {
      const { problems } = error;
      const text = [`${call.style.bad('✗ invalid')}  ${file}`, ...problems.map(formatProblem)].join('\n');
      return { file, problems, conflicts: [], text };
    }
    throw error;
  }
  const conflicts = optionFlag(call, 'simulate') ? await planAll(call, subject) : [];
  const { groups, steps, triggers } = subject.runbook;
  const holds = `${groups.length} groups, ${steps.length} extra steps, ${triggers.length} triggers`;
  const text =
    conflicts.length === 0
      ? `${call.style.good('✔ valid')}  ${file}: ${subject.runbook.name}, ${holds}`
      : `${call.style.bad('✗ cannot be planned')}  ${file}\n${conflictsText(subject, conflicts, call.style)}`;
  return { file, problems: [], conflicts, text };
}

async function planAll(call: Call, subject: Subject): Promise<readonly PlanConflict[]> {
  return withWorld(call, subject, async (world) => {
    const conflicts: PlanConflict[] = [];
    for (const mode of plannedModes) {
      const planned = await makePlan(call, { world, subject, mode });
      conflicts.push(...(isConflicts(planned) ? planned : []));
    }
    return conflicts;
  });
}
