import type { Simulated } from './simulate.js';
import type { Summary } from './tally.js';
import { rules } from './violation.js';

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Broken rules that are shown with their seeds, of each rule. */
const shownOfEach = 5;

/** The world, the journal and what is wrong with it: the same text for the same seed. */
export function printSimulated({ scenario, results, struck, journals, violations, digest }: Simulated): void {
  const { seed, intent, estate, spec, runbook, acts } = scenario;
  print(`seed ${seed}: ${intent}`);
  print(JSON.stringify({ estate, spec }, undefined, 1));
  print(JSON.stringify(runbook, undefined, 1));
  print(JSON.stringify(acts, undefined, 1));
  for (const { runId, entries } of journals) {
    const [first] = entries;
    for (const { seq, at, author, type, ...body } of entries) {
      const about = type === 'run.planned' ? '' : JSON.stringify(body);
      print(
        `${runId} ${String(seq).padStart(4)} ${String(at - (first?.at ?? 0)).padStart(9)} ${author} ${type} ${about}`,
      );
    }
  }
  print(`struck: ${struck.join(', ')}`);
  for (const { mode, result, isRerun, moves, crashes } of results) {
    print(`${isRerun ? 'again ' : ''}${mode}: ${result} (${moves} moves, ${crashes} crashes)`);
  }
  for (const { rule, detail } of violations) {
    print(`BROKEN ${rule}: ${detail}`);
  }
  print(`digest ${digest}`);
}

interface Totals {
  readonly seconds: number;
  readonly workers: number;
  readonly digest: string;
}

export function printTotals(summaries: readonly Summary[], { seconds, workers, digest }: Totals): void {
  const results = summaries.flatMap((summary) => summary.results);
  printTable('first runs: mode', tabulate(results.filter(({ isRerun }) => !isRerun)));
  printTable('runs again, mended: mode', tabulate(results.filter(({ isRerun }) => isRerun)));
  printCounts(
    'faults struck',
    summaries.flatMap(({ struck }) => struck),
  );
  const sum = (pick: (summary: Summary) => number): number => summaries.reduce((total, each) => total + pick(each), 0);
  const moves = results.reduce((total, each) => total + each.moves, 0);
  const crashes = results.reduce((total, each) => total + each.crashes, 0);
  print(
    `\n${summaries.length} seeds, ${results.length} runs, ${sum(({ entries }) => entries)} entries, ${moves} operator's moves, ${crashes} engine crashes`,
  );
  print(
    `${seconds.toFixed(1)} s with ${workers} workers: ${(summaries.length / seconds).toFixed(0)} seeds/s, ${(results.length / seconds).toFixed(0)} runs/s`,
  );
  print(`digest of everything: ${digest}`);
  printViolations(summaries);
}

function tabulate(results: Summary['results']): ReadonlyMap<string, number> {
  return counted(results.map(({ mode, result }) => `${mode.padEnd(10)} ${result}`));
}

function counted(names: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return new Map([...counts].toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function printTable(title: string, counts: ReadonlyMap<string, number>): void {
  print(`\n${title}`);
  for (const [name, count] of counts) {
    print(`${String(count).padStart(9)}  ${name}`);
  }
}

function printCounts(title: string, names: readonly string[]): void {
  const line = [...counted(names)].map(([name, count]) => `${name} ${count}`).join(', ');
  print(`\n${title}: ${line === '' ? 'none' : line}`);
}

function printViolations(summaries: readonly Summary[]): void {
  const broken = summaries.flatMap(({ seed, violations }) => violations.map((violation) => ({ seed, ...violation })));
  print(`\nbroken rules: ${broken.length === 0 ? 'none' : ''}`);
  for (const [rule, promise] of Object.entries(rules)) {
    const own = broken.filter((violation) => violation.rule === rule);
    if (own.length > 0) {
      print(`${String(own.length).padStart(9)}  ${rule}: ${promise}`);
    }
    for (const { seed, detail } of own.slice(0, shownOfEach)) {
      print(`           --runs 1 --seed ${seed} --verbose  ${detail.slice(0, 300)}`);
    }
  }
}
