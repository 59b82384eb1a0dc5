import { randomInt } from 'node:crypto';
import { createEngine } from '../engine/create-engine.js';
import type { Engine } from '../engine/engine.js';
import type { Estate } from '../model/estate.js';
import type { Call } from './call.js';
import type { World } from './drivers.js';
import { isRedrawn } from './progress/screen.js';

const letters = '23456789abcdefghjkmnpqrstuvwxyz';

/** The engine over an opened world. */
export function openEngine(call: Call, world: World, estate: Estate, keepsWaiting = isRedrawn(call)): Engine {
  return createEngine({
    ports: world.ports,
    store: world.store,
    estate,
    holder: call.environment.holder,
    newRunId: () => newRunId(),
    wallClock: call.environment.clock,
    // Elsewhere nobody sees what it waits for, and the command ends with exit code 6 instead.
    keepsWaiting,
  });
}

/** `r-7k2m9x`: short enough to be typed, without letters that look alike. */
export function newRunId(): string {
  return `r-${Array.from({ length: 6 }, () => letters[randomInt(letters.length)] ?? '').join('')}`;
}
