/** What must always hold. The names are what a run that breaks one is reported by. */
export const rules = {
  'lives-once': 'S1: no VM is live on two hosts at any instant',
  'starts-where-allowed': 'S1: a VM is started only where its authority is at that moment',
  'death-is-true': 'S2: a host that the journal calls dead is dead',
  'death-is-proven': 'S2: nothing is taken from a host without a proof in the journal',
  'clone-is-isolated': 'S3: a clone is attached to the drill network alone',
  'drill-leaves-nothing': 'S3: nothing of a drill is left once its clean-up has succeeded',
  'drill-touches-nothing': 'S3: a drill starts, stops and moves no VM but its clones',
  'limits-hold': 'no resource has more steps under way than it has slots',
  'order-holds':
    'a lane begins after the stages before it have ended and after the lanes that it waits for have succeeded',
  'tried-again-for-a-reason':
    'a step begins again only after a failure that may pass, a look at the world or an operator',
  'effect-once': 'what a step does happens at most once for each time that it was begun',
  'journal-is-gapless': 'entries are numbered without a gap, and their times never go back',
  'fold-is-state': 'the state folded from the journal equals the live one, whole, in parts and from the cache',
  'report-renders': 'every report can be made from the journal',
  'result-is-true': 'a run that says succeeded has no lane that did not',
  'ends-or-waits': 'a run ends, or waits with a move that an operator can make',
  'offer-is-taken': 'a move that the run offers is taken',
  'moved-vm-lives': 'after a move that succeeded every VM is live exactly once, where its authority is',
  'vm-not-left-stopped': 'a VM that was live is live after a failed move, or the journal says why not',
  'carried-vm-stays-off': 'a VM that is shut off is known to its target alone after its move, and was not started',
  'evacuation-loses-nothing': 'no VM is started in an evacuation without all that it has written',
  'rerun-finishes': 'once faults are mended, the same runbook run again finishes what was left',
  'same-seed-same-run': 'the same seed gives the same journal and the same effects',
  'no-exception': 'nothing throws but what a port promises',
} as const;

export type Rule = keyof typeof rules;

export interface Violation {
  readonly rule: Rule;
  /** What was seen, with the run, lane, VM or host. */
  readonly detail: string;
}
