/**
 * One process of the benches `run` and `resume`: fails a simulated site over, and says how it went as one line of JSON.
 *
 *   node fail-over.mjs FILE VMS               from the beginning to the end
 *   node fail-over.mjs FILE VMS kill-at=SEQ   is killed once the journal has so many entries, and keeps the world
 *   node fail-over.mjs FILE VMS take-up       takes that run up, and ends as soon as it acts again
 *   node fail-over.mjs FILE VMS take-up-cold  the same without the folded state that was kept
 *   node fail-over.mjs FILE VMS resume        takes that run up and brings it to its end
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { engineOn, makeWorld, openStore, planFailover, restoreWorld, runId, settle } from './lost-site.mjs';

const [file, count, way = 'from-start'] = process.argv.slice(2);
const isNew = way === 'from-start' || way.startsWith('kill-at=');
const world = isNew ? makeWorld(Number(count)) : restoreWorld(readFileSync(`${file}.world`, 'utf8'));

const opened = performance.now();
const opening = openStore(file, { fresh: isNew });
const store = way === 'take-up-cold' ? { ...opening, cache: { save() {}, load() {} } } : opening;
const engine = engineOn(world, store);
const plan = isNew ? await planFailover(world, engine, { store, vmCount: Number(count) }) : undefined;
const planned = performance.now();
const run = await settle(world, engine, isNew ? engine.start(plan) : engine.resume(runId, 'bench'));
const acting = performance.now();
if (way.startsWith('kill-at=')) killAt(Number(way.slice('kill-at='.length)));
if (!way.startsWith('take-up')) await settle(world, engine, run.ended);
const ended = performance.now();

const { plan: followed, result, seq } = run.state();
const lanes = followed.stages.flatMap((stage) => stage.lanes);
const said = {
  result: result ?? 'open',
  entries: seq,
  steps: lanes.reduce((sum, lane) => sum + lane.steps.length, 0),
  planMs: planned - opened,
  actingMs: acting - (isNew ? planned : opened),
  runMs: ended - planned,
  maxRssMiB: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(`${JSON.stringify(said)}\n`, () =>
  process.env.PROF ? process.exit(0) : process.kill(process.pid, 'SIGKILL'),
);

function killAt(lastSeq) {
  run.watch(() => {
    if (run.state().seq < lastSeq) return;
    writeFileSync(`${file}.world`, world.save());
    process.kill(process.pid, 'SIGKILL');
  });
}
