import { type Estate, hostsOf } from '../model/estate.js';
import type { Finding } from '../model/finding.js';
import type { Json } from '../model/json.js';
import { formatPlace, type Place } from '../model/place.js';
import type { AuthorityClause, Lane, Plan, Step, StepKind } from '../model/plan.js';
import type { CleanupInput, DefineInput, StepInputs } from '../model/step-input.js';

/** What the rules S1 to S4 forbid in this plan. */
export function safetyViolations(plan: Plan, estate: Estate | undefined): readonly Finding[] {
  const view: View = {
    plan,
    fences: fencesOf(plan),
    places: new Map(plan.authority.flatMap((held) => (held.state === 'at' ? [[held.vm, held.place]] : []))),
    drillNetwork: drillNetworks(plan, estate),
  };
  const findings = plan.stages.flatMap(({ lanes }) => lanes.flatMap((lane) => laneFindings(view, lane)));
  return plan.mode === 'drill' ? [...findings, ...leftovers(plan)] : findings;
}

interface View {
  readonly plan: Plan;
  /** Lanes that prove a host's death, by lane id, and their host. */
  readonly fences: ReadonlyMap<string, string>;
  /** Where each VM's authority was when the plan was made. */
  readonly places: ReadonlyMap<string, Place>;
  /** The one network that clones on a host may have. */
  readonly drillNetwork: (at: Place) => string | undefined;
}

function laneFindings(view: View, lane: Lane): readonly Finding[] {
  const findings: Finding[] = [];
  for (const [index, step] of lane.steps.entries()) {
    const before = lane.steps.slice(0, index);
    const messages = [
      ...startRules(view, lane, step),
      ...clauseRules(view, { lane, step, before }),
      ...drillRules(view, step),
      ...discardRules(step, before),
    ];
    findings.push(...messages.map((message) => violation(`${lane.id}/${step.id}`, message)));
  }
  for (const step of lane.recovery) {
    if (step.kind === 'shutdown' && step.authority?.rule !== 'needs-at') {
      findings.push(violation(`${lane.id}/${step.id}`, 'S1: starting it again needs its authority there'));
    }
  }
  return findings;
}

/** S1: a start needs its VM's authority at its place, which the lane has brought there; or it starts a drill's clone. */
function startRules(view: View, lane: Lane, step: Step): readonly string[] {
  const input = inputOf(step, 'start');
  if (input === undefined) {
    return [];
  }
  const { vm = '', id, at } = input;
  const isClone = lane.steps.some((other) => {
    const definition = inputOf(other, 'define')?.definition;
    return definition?.cloneOf !== undefined && definition.id === id;
  });
  if (isClone) {
    return view.plan.mode === 'drill' ? [] : ['S3: a clone is started in a mode that is no drill'];
  }
  const clause = step.authority;
  if (at === undefined || clause?.rule !== 'needs-at' || clause.vm !== vm || !isSame(clause.place, at)) {
    return [`S1: ${vm} is started without asking for its authority there`];
  }
  const last = lane.steps
    .slice(0, lane.steps.indexOf(step))
    .flatMap(({ authority }) => gained(authority))
    .at(-1);
  const held = last ?? view.places.get(vm);
  return held !== undefined && isSame(held, at)
    ? []
    : [`S1: nothing brings the authority of ${vm} to ${formatPlace(at)}`];
}

/** S1, S2: what changes sides says so, starts from where the authority is, and has its proofs before it. */
function clauseRules(
  view: View,
  about: { readonly lane: Lane; readonly step: Step; readonly before: readonly Step[] },
): readonly string[] {
  const { lane, step, before } = about;
  const clause = step.authority;
  const move = inputOf(step, 'migrate');
  if (
    move !== undefined &&
    (clause?.rule !== 'moves' || !isSame(clause.from, move.from) || !isSame(clause.to, move.to))
  ) {
    return ['S1: a migration that does not move the authority with the VM'];
  }
  if (step.kind === 'promote' && clause?.rule !== 'takes' && clause?.rule !== 'needs-at') {
    return ['S1: a replica is promoted without its authority'];
  }
  if (step.kind === 'fence' && (step.isSkippable || step.onFailure !== 'ask')) {
    return ['S2: a proof of death may not be skipped or passed over'];
  }
  if (clause === undefined || clause.rule === 'needs-at') {
    return [];
  }
  const held = view.places.get(clause.vm);
  const problems =
    held !== undefined && isSame(held, clause.from)
      ? []
      : [`S1: the authority of ${clause.vm} is not at ${formatPlace(clause.from)}`];
  if (clause.rule === 'takes') {
    problems.push(...proofRules(view, { lane, clause, before }));
  }
  return problems;
}

function proofRules(
  view: View,
  about: {
    readonly lane: Lane;
    readonly clause: Extract<AuthorityClause, { rule: 'takes' }>;
    readonly before: readonly Step[];
  },
): string[] {
  const { lane, clause, before } = about;
  if (clause.deadHosts.length === 0) {
    const isStopped = before.some((step) => step.kind === 'shutdown' || isStopCheck(step, clause.vm));
    return isStopped
      ? []
      : [`S2: authority over ${clause.vm} is taken with neither a proof of death nor an observed stop`];
  }
  const proven = new Set(lane.after.map((id) => view.fences.get(id)));
  return clause.deadHosts
    .filter((host) => !proven.has(host))
    .map((host) => `S2: authority over ${clause.vm} is taken before ${host} is proven dead`);
}

/** S3: a drill defines clones only, on the isolated network, and touches nothing else. */
function drillRules(view: View, step: Step): readonly string[] {
  const isDrill = view.plan.mode === 'drill';
  const { at, definition } = inputOf(step, 'define') ?? {};
  if (definition !== undefined) {
    if (!isDrill) {
      return definition.cloneOf === undefined ? [] : ['S3: a clone is defined in a mode that is no drill'];
    }
    if (definition.cloneOf === undefined || definition.cloneOf === definition.id || definition.hasAutostart) {
      return ['S3: a drill defines something else than a clone with an id of its own and no autostart'];
    }
    const allowed = at === undefined ? undefined : view.drillNetwork(at);
    // A plan from a file may lack what its schema asks for, which is another check's business.
    const { networks } = definition as Partial<DefineInput['definition']>;
    return (networks ?? [])
      .filter((network) => network !== allowed)
      .map((network) => `S3: the clone ${definition.name} is attached to ${network}`);
  }
  const touches = ['migrate', 'promote', 'shutdown', 'sync', 'fence', 'cordon', 'reverse'];
  return isDrill && touches.includes(step.kind) ? [`S3: a drill has no business with a step ${step.kind}`] : [];
}

/** S4: the old copy is retired, and an overlay merged, only after the VM has its new place. */
function discardRules(step: Step, before: readonly Step[]): readonly string[] {
  const what = inputOf(step, 'cleanup')?.what;
  const has = (kind: Step['kind']): boolean => before.some((other) => other.kind === kind);
  if (what === 'source' && !(has('promote') && has('define'))) {
    return ['S4: the old copy is retired before there is a new one'];
  }
  return what === 'merge' && !has('migrate') ? ['S4: an overlay is merged before the VM runs on it'] : [];
}

/** S3: every clone of a drill is removed by a stage that always runs. */
function leftovers(plan: Plan): readonly Finding[] {
  const removed = new Set(
    plan.stages
      .filter(({ isAlways }) => isAlways)
      .flatMap(({ lanes }) => lanes)
      .flatMap(({ steps }) => steps)
      .map((step) => idRemoved(inputOf(step, 'cleanup'))),
  );
  return stepsOf(plan).flatMap((step) => {
    const definition = inputOf(step, 'define')?.definition;
    return definition === undefined || removed.has(definition.id)
      ? []
      : [violation(definition.name, 'S3: nothing removes this clone')];
  });
}

function idRemoved(input: Partial<CleanupInput> | undefined): string | undefined {
  return input?.what === 'clone' ? input.id : undefined;
}

function fencesOf(plan: Plan): View['fences'] {
  return new Map(
    plan.stages.flatMap(({ lanes }) =>
      lanes.flatMap(({ id, steps }) =>
        steps.flatMap((step): [string, string][] => {
          const host = inputOf(step, 'fence')?.host;
          return host === undefined ? [] : [[id, host]];
        }),
      ),
    ),
  );
}

function drillNetworks(plan: Plan, estate: Estate | undefined): View['drillNetwork'] {
  if (estate !== undefined) {
    const hosts = hostsOf(estate);
    return ({ host }) => estate.sites[hosts[host]?.site ?? '']?.networks['drill'];
  }
  const first = new Map<string, string>();
  for (const step of plan.mode === 'drill' ? stepsOf(plan) : []) {
    const { at, definition } = inputOf(step, 'define') ?? {};
    const network = (definition as Partial<DefineInput['definition']> | undefined)?.networks?.[0];
    if (at !== undefined && network !== undefined && !first.has(at.site)) {
      first.set(at.site, network);
    }
  }
  return ({ site }) => first.get(site);
}

function stepsOf(plan: Plan): readonly Step[] {
  return plan.stages.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps));
}

function gained(clause: AuthorityClause | undefined): readonly Place[] {
  return clause === undefined || clause.rule === 'needs-at' ? [] : [clause.to];
}

function isStopCheck(step: Step, vm: string): boolean {
  const input = inputOf(step, 'check');
  return input?.about === 'vm-state' && input.state === 'shut-off' && input.vm === vm;
}

function isSame(one: Place | undefined, other: Place | undefined): boolean {
  return one !== undefined && other !== undefined && one.site === other.site && one.host === other.host;
}

/** The step's input, when it is of this kind. The schemas of the steps say whether it is whole; a rule must bear with less. */
function inputOf<Kind extends StepKind>(step: Step, kind: Kind): Partial<StepInputs[Kind]> | undefined {
  return step.kind === kind ? (step.input as Json as Partial<StepInputs[Kind]>) : undefined;
}

function violation(subject: string, message: string): Finding {
  return { code: 'unsafe-plan', severity: 'blocker', subject, message };
}
