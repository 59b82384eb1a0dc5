import { createHash } from 'node:crypto';
import type { Departure } from '../model/departure.js';
import { hostsOf } from '../model/estate.js';
import type { Mode } from '../model/mode.js';
import { ownModeOf, type Runbook } from '../model/runbook.js';
import { runbookForHost } from '../runbooks/host-runbook.js';
import { parseEstate } from '../runbooks/parse-estate.js';
import { parseRunbook } from '../runbooks/parse-runbook.js';
import type { Locate } from '../runbooks/problem.js';
import type { Call } from './call.js';
import { type EstateFile, readEstate } from './estate-file.js';
import { exitCodes } from './exit-codes.js';
import { isThere, readText } from './files.js';
import { InvalidFiles } from './invalid-files.js';
import { Refusal, usage } from './refusal.js';

/** What a plan is made for: a runbook, from its file or made for a host, and its estate. */
export interface Subject {
  readonly estate: EstateFile;
  readonly runbook: Runbook;
  /** What a run of it is for: as asked, else what the runbook says of itself, else for a host an evacuation. */
  readonly mode?: Mode;
  /** As typed; the host's name when there is no file. */
  readonly name: string;
  /** False when the runbook was made for a host. */
  readonly isFile: boolean;
  readonly locate: Locate;
  /** Of a return: what evacuations have moved away, once the journal was read for it. */
  readonly departures?: readonly Departure[];
  readonly digests: { readonly runbook: string; readonly estate: string };
}

/** Modes whose runbook can be made for a host; `return` knows no other. */
const hostModes: readonly (Mode | undefined)[] = ['evacuate', 'return', undefined];

/** Reads the runbook that was typed; where a host can be meant, its name will do when there is no such file. */
export function readSubject(call: Call, name: string, asked?: Mode): Subject {
  const estate = readEstate(call);
  const isFile = !hostModes.includes(asked) || (asked !== 'return' && isThere(call, name));
  const forHost = isFile ? undefined : runbookForHost(name, estate.estate);
  if (forHost !== undefined) {
    return {
      estate,
      runbook: forHost,
      mode: asked ?? 'evacuate',
      name,
      isFile: false,
      locate: () => undefined,
      digests: { runbook: digestOf(JSON.stringify(forHost)), estate: digestOf(estate.text) },
    };
  }
  if (!isFile && asked !== undefined) {
    throw usage(
      asked === 'return'
        ? `${name} is no host of ${estate.file}`
        : `${name} is neither a host of ${estate.file} nor a runbook file`,
      `Its hosts are ${Object.keys(hostsOf(estate.estate)).join(', ')}.`,
    );
  }
  const text = readText(call, name);
  const parsed = parseRunbook(text, name, estate.estate);
  if (!parsed.ok) {
    if (parseEstate(text, name).ok) {
      throw new Refusal(exitCodes.invalidFile, `${name} is an estate, not a runbook`, 'Name a runbook file.');
    }
    throw new InvalidFiles(parsed.problems);
  }
  const mode = asked ?? ownModeOf(parsed.value);
  return {
    estate,
    runbook: parsed.value,
    ...(mode === undefined ? {} : { mode }),
    name,
    isFile: true,
    locate: parsed.locate,
    digests: { runbook: digestOf(text), estate: digestOf(estate.text) },
  };
}

/** SHA-256, hex. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
