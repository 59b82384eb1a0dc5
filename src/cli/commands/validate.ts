import { type BrokenPath, provePaths } from '../../engine/path-proof/prove-paths.js';
import type { Mode } from '../../model/mode.js';
import type { Plan, PlanConflict } from '../../model/plan.js';
import { parseEstate } from '../../runbooks/parse-estate.js';
import { formatProblem, type Problem } from '../../runbooks/problem.js';
import { type Call, note, optionFlag } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodeOfConflicts, exitCodes } from '../exit-codes.js';
import { readText } from '../files.js';
import { InvalidFiles } from '../invalid-files.js';
import { withWorld } from '../open-world.js';
import { conflictsText, isConflicts, makePlan, tell } from '../plan-making.js';
import { isRedrawn } from '../progress/screen.js';
import { Terminal } from '../progress/terminal.js';
import { usage } from '../refusal.js';
import { fit, type Style } from '../style.js';
import { readSubject, type Subject } from '../subject.js';

interface Checked {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** By mode, when it was planned against hosts. */
  readonly conflicts: readonly PlanConflict[];
  /** What walking every path of those plans gave. */
  readonly proofs: readonly Proof[];
  readonly text: string;
}

interface Proof {
  readonly mode: Mode;
  readonly states: number;
  readonly edges: number;
  readonly broken: readonly BrokenPath[];
}

/** Modes against which a runbook is planned when there are simulated hosts. */
const plannedModes: readonly Mode[] = ['drill', 'relocate'];

/** `lifeboat validate`: every problem of every file, not only the first. */
export async function validateCommand(call: Call): Promise<ExitCode> {
  if (optionFlag(call, 'paths') && !optionFlag(call, 'simulate')) {
    throw usage(
      'lifeboat validate: --paths walks plans, which are made by looking at hosts',
      'Add --simulate: the hosts are made from the estate and the runbook.',
    );
  }
  readEstate(call);
  const checked: Checked[] = [];
  for (const file of call.args) {
    checked.push(await check(call, file));
  }
  const files = checked.map(({ file, problems, conflicts, proofs }) => ({
    file,
    isValid: problems.length + conflicts.length + proofs.flatMap(({ broken }) => broken).length === 0,
    problems,
    conflicts,
    proofs,
  }));
  tell(call, () => checked.map(({ text }) => text).join('\n'), { kind: 'Validation', members: { files } });
  if (checked.some(({ problems }) => problems.length > 0)) {
    return exitCodes.invalidFile;
  }
  const conflicts = checked.flatMap((one) => one.conflicts);
  if (conflicts.length > 0) {
    return exitCodeOfConflicts(conflicts);
  }
  return checked.some(({ proofs }) => proofs.some(({ broken }) => broken.length > 0))
    ? exitCodes.refused
    : exitCodes.done;
}

async function check(call: Call, file: string): Promise<Checked> {
  const estate = parseEstate(readText(call, file), file);
  if (estate.ok) {
    const { sites } = estate.value;
    const text = `${call.style.good('✔ valid')}  ${file}: an estate of ${counted(Object.keys(sites).length, 'site')}`;
    return { file, problems: [], conflicts: [], proofs: [], text };
  }
  let subject: Subject;
  try {
    subject = readSubject(call, file);
  } catch (error) {
    if (error instanceof InvalidFiles) {
      const { problems } = error;
      const text = [`${call.style.bad('✗ invalid')}  ${file}`, ...problems.map(formatProblem)].join('\n');
      return { file, problems, conflicts: [], proofs: [], text };
    }
    throw error;
  }
  const { conflicts, proofs } = optionFlag(call, 'simulate')
    ? await planAll(call, subject)
    : { conflicts: [], proofs: [] };
  const { groups, steps, triggers } = subject.runbook;
  const holds = [
    counted(groups.length, 'group'),
    counted(steps.length, 'extra step'),
    counted(triggers.length, 'trigger'),
  ].join(', ');
  const text =
    conflicts.length === 0
      ? `${call.style.good('✔ valid')}  ${file}: ${subject.runbook.name}, ${holds}`
      : `${call.style.bad('✗ cannot be planned')}  ${file}\n${conflictsText(subject, conflicts, call.style)}`;
  return {
    file,
    problems: [],
    conflicts,
    proofs,
    text: [text, ...proofs.map((proof) => proofText(proof, call.style))].join('\n'),
  };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** One line, or the first path that breaks a safety rule. */
function proofText({ mode, states, edges, broken }: Proof, style: Style): string {
  const [first] = broken;
  if (states === 0) {
    return `- not walked  ${mode}: its plan has no lane of work, since every VM is left alone`;
  }
  return first === undefined
    ? `${style.good('✔ proven')}  ${mode}: no VM runs twice in ${states} states, by ${edges} moves, crashes and lost answers among them`
    : `${style.bad('✗ unsafe')}  ${mode}: ${first.lane}: ${first.rule}\n    ${first.path.join('\n    ')}`;
}

async function planAll(call: Call, subject: Subject): Promise<Pick<Checked, 'conflicts' | 'proofs'>> {
  return withWorld(call, subject, async (world) => {
    const conflicts: PlanConflict[] = [];
    const plans: Plan[] = [];
    for (const mode of plannedModes) {
      const planned = await makePlan(call, { world, subject, mode });
      if (isConflicts(planned)) {
        conflicts.push(...planned);
      } else {
        plans.push(planned);
      }
    }
    const isWalked = optionFlag(call, 'paths') && conflicts.length === 0;
    return { conflicts, proofs: isWalked ? plans.map((planned) => prove(call, planned)) : [] };
  });
}

function prove(call: Call, planned: Plan): Proof {
  const { mode, runbook } = planned;
  const sum = (figure: 'states' | 'edges'): number => walks.reduce((before, walk) => before + walk[figure], 0);
  const progress = openProgress(call, `walking the paths of a ${mode} of ${runbook}`);
  const { walks, broken } = provePaths(planned, ({ lane, number, of, states }) =>
    progress.tell(`${lane}, ${number} of ${of}, ${states} states`),
  );
  progress.close();
  return { mode, states: sum('states'), edges: sum('edges'), broken };
}

/** A line that is redrawn and goes away on a terminal; elsewhere it is said once. */
function openProgress(call: Call, title: string): { tell(text: string): void; close(): void } {
  if (!isRedrawn(call) || optionFlag(call, 'quiet')) {
    note(call, title);
    return { tell: () => undefined, close: () => undefined };
  }
  const output = call.environment.stderr;
  const terminal = new Terminal(output);
  return {
    tell: (text) => terminal.draw([fit(`${title}: ${text}`, output.size().columns).trimEnd()]),
    close: () => {
      terminal.draw([]);
      terminal.close();
    },
  };
}
