/**
 * One process of the benches `run` and `resume`: fails a simulated site over, and says how it went as one line of JSON.
 *   node fail-over.mjs FILE VMS [KILL_AT_SEQ]   from the beginning; killed once the journal has so many entries
 *   node fail-over.mjs FILE VMS resume          takes that run up, and ends it
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { engineOn, makeWorld, openStore, planFailover, restoreWorld, runId, settle } from './lost-site.mjs';

const [file, count, ending] = process.argv.slice(2);
const vmCount = Number(count);
const isResumed = ending === 'resume';
const world = isResumed ? restoreWorld(readFileSync(`${file}.world`, 'utf8')) : makeWorld(vmCount);

const opened = performance.now();
const store = openStore(file, { fresh: !isResumed });
const engine = engineOn(world, store);
const plan = isResumed ? undefined : await planFailover(world, engine, { store, vmCount });
const planned = performance.now();
const run = await settle(world, engine, isResumed ? engine.resume(runId, 'bench') : engine.start(plan));
const acting = performance.now();
const takenUpAt = run.state().seq;
if (ending !== undefined && !isResumed) {
  run.watch(() => {
    if (run.state().seq >= Number(ending)) {
      writeFileSync(`${file}.world`, world.save());
      process.kill(process.pid, 'SIGKILL');
    }
  });
}
await settle(world, engine, run.ended);
const ended = performance.now();
const state = run.state();
const steps = state.plan.stages.flatMap(({ lanes }) => lanes).reduce((sum, lane) => sum + lane.steps.length, 0);
console.log(
  JSON.stringify({
    result: state.result,
    entries: state.seq,
    steps,
    planMs: planned - opened,
    actingMs: acting - (isResumed ? opened : planned),
    takenUpAt,
    runMs: ended - planned,
    maxRssMiB: process.resourceUsage().maxRSS / 1024,
  }),
);
store.close();
