/**
 * From a runbook to what a run needs before its first step, for 1,000 VMs and for 10,000: how long it takes, and how it
 * grows. Needs no hosts. The smaller size is the larger one's peer: with ten times the VMs, ten times the time is linear.
 */
import { interleave, median, medianRatio } from './rounds.mjs';
import { inputsOf } from './worlds/two-sites.mjs';

export const title = 'time to plan and compile a run of 10,000 VMs, beside one of 1,000';
export const needsHosts = false;

const ROUNDS = 7;
const SIZES = [1_000, 10_000];
const MODES = ['failover', 'relocate', 'drill', 'evacuate'];

export async function bench() {
  const prepare = await preparation();
  const rates = {};
  for (const mode of MODES) Object.assign(rates, await measure(mode, prepare));
  return summary(rates);
}

/** One mode after the other, so that no mode has the inputs of the others on the heap. */
async function measure(mode, prepare) {
  const contenders = SIZES.map((size) => {
    const inputs = inputsOf(mode, size);
    prepare(inputs);
    return { name: `${mode} ${size}`, run: () => timed(prepare, inputs, size) };
  });
  return interleave({ rounds: ROUNDS, slices: 1, contenders });
}

/** All that happens between the reading of the inputs and a run's first step. */
async function preparation() {
  const { plan } = await import('../build/runbooks/plan.js');
  const { compilePlan } = await import('../build/state-machines/compile-plan.js');
  return (inputs) => {
    const made = plan(inputs);
    if (!('stages' in made)) throw new Error(`there is no plan: ${made[0].message}`);
    return compilePlan(made);
  };
}

/** As many runs of the small size as make one of the large, so that both are measured for about as long. */
async function timed(prepare, inputs, size) {
  const calls = SIZES.at(-1) / size;
  const start = process.hrtime.bigint();
  for (let call = 0; call < calls; call++) prepare(inputs);
  return { calls, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

function summary(rates) {
  const ms = (name) => Math.round(1e3 / median(rates[name]));
  const growth = (mode) =>
    Number(medianRatio(rates[`${mode} ${SIZES[0]}`], rates[`${mode} ${SIZES[1]}`]).toPrecision(3));
  return {
    table: [
      ['mode', '1,000 VMs, ms', '10,000 VMs, ms', 'times as long'],
      ...MODES.map((mode) => [mode, ...SIZES.map((size) => String(ms(`${mode} ${size}`))), String(growth(mode))]),
    ],
    metrics: Object.fromEntries(MODES.map((mode) => [`${mode}Ms`, ms(`${mode} ${SIZES[1]}`)])),
    peers: Object.fromEntries(MODES.map((mode) => [`${mode}Ms`, ms(`${mode} ${SIZES[0]}`)])),
    ratios: Object.fromEntries(MODES.map((mode) => [mode, growth(mode)])),
  };
}
