import { createHash } from 'node:crypto';
import { hostsOf } from '../model/estate.js';
import type { Mode } from '../model/mode.js';
import type { Runbook } from '../model/runbook.js';
import { parseEstate } from '../runbooks/parse-estate.js';
import { parseRunbook } from '../runbooks/parse-runbook.js';
import { runbookForHost } from '../runbooks/plan-evacuation.js';
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
  /** As typed; the host's name when there is no file. */
  readonly name: string;
  /** False when the runbook was made for a host. */
  readonly isFile: boolean;
  readonly locate: Locate;
  readonly digests: { readonly runbook: string; readonly estate: string };
}

/** Reads the runbook that was typed; for an evacuation the name of a host will do when there is no such file. */
export function readSubject(call: Call, name: string, mode?: Mode): Subject {
  const estate = readEstate(call);
  const forHost = mode === 'evacuate' && !isThere(call, name) ? runbookForHost(name, estate.estate) : undefined;
  if (forHost !== undefined) {
    return {
      estate,
      runbook: forHost,
      name,
      isFile: false,
      locate: () => undefined,
      digests: { runbook: digestOf(JSON.stringify(forHost)), estate: digestOf(estate.text) },
    };
  }
  if (mode === 'evacuate' && !isThere(call, name)) {
    throw usage(
      `${name} is neither a host of ${estate.file} nor a runbook file`,
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
  return {
    estate,
    runbook: parsed.value,
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
