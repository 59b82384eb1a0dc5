import { type Estate, hostsOf } from '../model/estate.js';
import type { Finding } from '../model/finding.js';
import type { Json } from '../model/json.js';
import { formatPlace, type Place } from '../model/place.js';
import type { AuthorityClause, Lane, Plan, Step } from '../model/plan.js';
import type { CheckInput, CleanupInput, DefineInput, MigrateInput, VmAt } from '../model/step-input.js';

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
  if (step.kind !== 'start') {
    return [];
  }
  const { vm, id, at } = inputOf<VmAt>(step);
  const isClone = lane.steps.some((other) => {
    const definition = other.kind === 'define' ? inputOf<DefineInput>(other).definition : undefined;
    return definition?.cloneOf !== undefined && definition.id === id;
  });
  if (isClone) {
    return view.plan.mode === 'drill' ? [] : ['S3: a clone is started in a mode that is no drill'];
  }
  const clause = step.authority;
  if (clause?.rule !== 'needs-at' || clause.vm !== vm || !isSame(clause.place, at)) {
    return [`S1: ${vm} is started without asking for its authority at ${formatPlace(at)}`];
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
  if (step.kind === 'migrate') {
    const { from, to } = inputOf<MigrateInput>(step);
    if (clause?.rule !== 'moves' || !isSame(clause.from, from) || !isSame(clause.to, to)) {
      return ['S1: a migration that does not move the authority with the VM'];
    }
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
    const isStopped = before.some(
      (step) =>
        step.kind === 'shutdown' || (step.kind === 'check' && isStateCheck(inputOf<CheckInput>(step), clause.vm)),
    );
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
  if (step.kind === 'define') {
    const { at, definition } = inputOf<DefineInput>(step);
    if (!isDrill) {
      return definition.cloneOf === undefined ? [] : ['S3: a clone is defined in a mode that is no drill'];
    }
    if (definition.cloneOf === undefined || definition.cloneOf === definition.id || definition.hasAutostart) {
      return ['S3: a drill defines something else than a clone with an id of its own and no autostart'];
    }
    const allowed = view.drillNetwork(at);
    return definition.networks
      .filter((network) => network !== allowed)
      .map((network) => `S3: the clone ${definition.name} is attached to ${network}`);
  }
  const touches = ['migrate', 'promote', 'shutdown', 'sync', 'fence', 'cordon', 'reverse'];
  return isDrill && touches.includes(step.kind) ? [`S3: a drill has no business with a step ${step.kind}`] : [];
}

/** S4: the old copy is retired, and an overlay merged, only after the VM has its new place. */
function discardRules(step: Step, before: readonly Step[]): readonly string[] {
  if (step.kind !== 'cleanup') {
    return [];
  }
  const { what } = inputOf<CleanupInput>(step);
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
      .flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps))
      .flatMap((step) => (step.kind === 'cleanup' ? [inputOf<VmAt>(step).id] : [])),
  );
  return plan.stages
    .flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps))
    .filter((step) => step.kind === 'define' && !removed.has(inputOf<DefineInput>(step).definition.id))
    .map((step) => violation(inputOf<DefineInput>(step).definition.name, 'S3: nothing removes this clone'));
}

function fencesOf(plan: Plan): ReadonlyMap<string, string> {
  return new Map(
    plan.stages.flatMap(({ lanes }) =>
      lanes.flatMap(({ id, steps }) =>
        steps.flatMap((step) => (step.kind === 'fence' ? [[id, inputOf<{ host: string }>(step).host]] : [])),
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
  for (const step of plan.mode === 'drill'
    ? plan.stages.flatMap(({ lanes }) => lanes.flatMap(({ steps }) => steps))
    : []) {
    const define = step.kind === 'define' ? inputOf<DefineInput>(step) : undefined;
    const network = define?.definition.networks[0];
    if (define !== undefined && network !== undefined && !first.has(define.at.site)) {
      first.set(define.at.site, network);
    }
  }
  return ({ site }) => first.get(site);
}

function gained(clause: AuthorityClause | undefined): readonly Place[] {
  return clause === undefined || clause.rule === 'needs-at' ? [] : [clause.to];
}

function isStateCheck(input: CheckInput, vm: string): boolean {
  return input.about === 'vm-state' && input.state === 'shut-off' && input.vm === vm;
}

function isSame(one: Place | undefined, other: Place | undefined): boolean {
  return one !== undefined && other !== undefined && one.site === other.site && one.host === other.host;
}

/** The step's input in the form that its kind has; the step type's schema is what checks it. */
function inputOf<Input>(step: Step): Input {
  return step.input as Json as Input;
}

function violation(subject: string, message: string): Finding {
  return { code: 'unsafe-plan', severity: 'blocker', subject, message };
}
