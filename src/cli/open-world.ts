import { dirname } from 'node:path';
import { hostsOf } from '../model/estate.js';
import type { Runbook } from '../model/runbook.js';
import { type Call, optionFlag, optionText, optionTexts, pathOf } from './call.js';
import type { World } from './drivers.js';
import { type EstateFile, simulationFolder } from './estate-file.js';
import { readText } from './files.js';
import { isRedrawn } from './progress/screen.js';
import { usage } from './refusal.js';

interface WorldNeeds {
  readonly estate: EstateFile;
  /** What a new simulated world is made from. */
  readonly runbook?: Runbook;
  /** Whether the command acts, so that a simulated world has to remember it. Default: it only looks. */
  readonly isKept?: boolean;
  /** Whether it goes on until somebody ends it: then a simulated world lets time pass as on a terminal. Default false. */
  readonly isEndless?: boolean;
}

/** Opens the hosts and the store, real ones or with --simulate a simulated world, does the work, and closes them whatever happened. */
export async function withWorld<T>(call: Call, needs: WorldNeeds, work: (world: World) => Promise<T>): Promise<T> {
  const world = await (optionFlag(call, 'simulate') ? openSimulation(call, needs) : openHosts(call, needs));
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}

function openSimulation(
  call: Call,
  { estate, runbook, isKept = false, isEndless = false }: WorldNeeds,
): Promise<World> {
  const faults = optionText(call, 'faults');
  return call.environment.drivers.openSimulation({
    estate: estate.estate,
    ...(runbook === undefined ? {} : { runbook }),
    isKept,
    folder: simulationFolder(call, estate),
    speed: speedOf(call, isEndless),
    ...(faults === undefined ? {} : { faults: { file: faults, text: readText(call, faults) } }),
    lose: lostPlaces(call, estate),
  });
}

/** Options of a simulation make no sense of real hosts: whoever gives one without --simulate has forgotten it. */
const simulationOptions = {
  simulateDir: '--simulate-dir',
  simulateLose: '--simulate-lose',
  faults: '--faults',
  speed: '--speed',
} as const;

function openHosts(call: Call, { estate }: WorldNeeds): Promise<World> {
  const given = Object.entries(simulationOptions).find(([name]) => call.options[name] !== undefined);
  if (given !== undefined) {
    throw usage(
      `lifeboat ${call.command}: ${given[1]} is for a simulated world, and --simulate is missing`,
      'Add --simulate, or leave the option out to act on the real hosts of the estate.',
    );
  }
  return call.environment.drivers.openHosts({ estate: estate.estate, folder: dirname(pathOf(call, estate.file)) });
}

function speedOf(call: Call, isEndless: boolean): number | 'max' {
  const text = optionText(call, 'speed');
  if (text === undefined) {
    return isEndless || isRedrawn(call) ? 20 : 'max';
  }
  const speed = Number(text);
  if (text !== 'max' && !(Number.isFinite(speed) && speed > 0)) {
    throw usage(
      `lifeboat ${call.command}: --speed ${text} is no speed`,
      'Give virtual seconds per second, such as 1, 20 or 0.5, or max.',
    );
  }
  return text === 'max' ? 'max' : speed;
}

function lostPlaces(call: Call, { estate, file }: EstateFile): readonly string[] {
  const places = optionTexts(call, 'simulateLose');
  const known = [...Object.keys(estate.sites), ...Object.keys(hostsOf(estate))];
  const unknown = places.find((place) => !known.includes(place));
  if (unknown !== undefined) {
    throw usage(
      `lifeboat ${call.command}: --simulate-lose ${unknown} is neither a site nor a host of ${file}`,
      `It has ${known.join(', ')}.`,
    );
  }
  return places;
}
