import { parse } from 'yaml';
import type { SimulationOptions } from './cli/drivers.js';
import { exitCodes } from './cli/exit-codes.js';
import { Refusal } from './cli/refusal.js';
import type { ScriptedFault, WorldFault } from './hypervisors/simulated/fault.js';
import { parseDuration } from './model/units.js';

export type SimulationFault = ScriptedFault;

/** Members that each fault must have, by its kind. */
const worldFaults: Readonly<Record<WorldFault['kind'], readonly string[]>> = {
  'host-dies': ['host'],
  'host-returns': ['host'],
  'site-dies': ['site'],
  'site-returns': ['site'],
  'link-cut': ['link'],
  'link-healed': ['link'],
  'link-rate': ['link', 'bytesPerSecond'],
  'migration-stalls': ['vm'],
  'disk-full': ['host'],
  'disk-freed': ['host', 'bytes'],
  'point-rots': ['vm', 'host'],
  'agent-silent': ['vm'],
  'boot-fails': ['vm'],
  'shutdown-ignored': ['vm'],
  'probe-flaps': ['vm'],
  fence: ['host', 'behaviour'],
  'command-fails': ['argv', 'exitCode'],
};
const callFaults = ['call-hangs', 'reply-lost', 'call-refused'];

type Members = Readonly<Record<string, unknown>>;

/**
 * The faults of a file: a list of `{ at: 30s, fault: { kind: host-dies, host: north-1 } }`, counted from the beginning of
 * the command, or of `{ onCall: { port: hypervisor, method: start, nth: 1 }, fault: { kind: reply-lost } }`. Throws a
 * `Refusal` (exit code 65) that names the first one that is none.
 */
export function readFaults({ file, text }: NonNullable<SimulationOptions['faults']>): readonly SimulationFault[] {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw invalid(file, error instanceof Error ? error.message : String(error));
  }
  if (!Array.isArray(value)) {
    throw invalid(file, 'it is not a list');
  }
  return value.map((item: unknown, index) => {
    const where = `fault ${index + 1}`;
    const { at, onCall, afterMs, fault } = members(item);
    const body = members(fault);
    const kind = String(body['kind']);
    const needed = Object.hasOwn(worldFaults, kind) ? worldFaults[kind as WorldFault['kind']] : undefined;
    if (needed === undefined && !(callFaults.includes(kind) && onCall !== undefined)) {
      const known = [...Object.keys(worldFaults), ...(onCall === undefined ? [] : callFaults)];
      throw invalid(file, `${where} has the kind ${kind}; there are ${known.join(', ')}`);
    }
    const missing = needed?.find((name) => body[name] === undefined);
    if (missing !== undefined) {
      throw invalid(file, `${where} (${kind}) lacks ${missing}`);
    }
    if (onCall !== undefined) {
      const { port, method, nth } = members(onCall);
      if (typeof port !== 'string' || typeof method !== 'string' || typeof nth !== 'number') {
        throw invalid(file, `${where}: onCall needs port, method and nth`);
      }
      return {
        onCall: { port, method, nth },
        ...(typeof afterMs === 'number' ? { afterMs } : {}),
        fault: body,
      } as ScriptedFault;
    }
    const atMs = typeof at === 'string' ? parseDuration(at) : at;
    if (typeof atMs !== 'number' || atMs < 0) {
      throw invalid(file, `${where} has neither \`at\` (such as 30s) nor \`onCall\``);
    }
    return { at: atMs, fault: body } as ScriptedFault;
  });
}

function members(value: unknown): Members {
  return typeof value === 'object' && value !== null ? (value as Members) : {};
}

function invalid(file: string, why: string): Refusal {
  return new Refusal(
    exitCodes.invalidFile,
    `${file} is no list of faults: ${why}`,
    'Write for example: [{ at: 30s, fault: { kind: host-dies, host: north-1 } }]',
  );
}
