import { dirname, join } from 'node:path';
import type { Estate } from '../model/estate.js';
import { parseEstate } from '../runbooks/parse-estate.js';
import { type Call, optionText, pathOf } from './call.js';
import { isThere, readText } from './files.js';
import { InvalidFiles } from './invalid-files.js';
import { usage } from './refusal.js';

/** An estate with the text that it was read from. */
export interface EstateFile {
  readonly file: string;
  readonly text: string;
  readonly estate: Estate;
}

const systemFile = '/etc/lifeboat/lifeboat.yaml';

/** The path of the estate: `--estate`, ./lifeboat.yaml, $LIFEBOAT_ESTATE, /etc/lifeboat/lifeboat.yaml; the first that is named or there. */
export function estatePath(call: Call): string | undefined {
  const named = optionText(call, 'estate');
  if (named !== undefined) {
    return named;
  }
  const fromVariable = call.environment.variables['LIFEBOAT_ESTATE'];
  return ['lifeboat.yaml', ...(fromVariable ? [fromVariable] : []), systemFile].find(
    (path) => path === fromVariable || isThere(call, path),
  );
}

/** Reads the estate, or refuses: exit code 64 when there is none, 65 when it is invalid. */
export function readEstate(call: Call): EstateFile {
  const file = estatePath(call);
  if (file === undefined) {
    throw usage(
      `there is no estate: neither ./lifeboat.yaml nor $LIFEBOAT_ESTATE nor ${systemFile} is there`,
      '`lifeboat init` writes one; --estate FILE names another.',
    );
  }
  const text = readText(call, file);
  const parsed = parseEstate(text, file);
  if (!parsed.ok) {
    throw new InvalidFiles(parsed.problems);
  }
  return { file, text, estate: parsed.value };
}

/** Where the simulated world and its journal are kept. */
export function simulationFolder(call: Call, { file }: Pick<EstateFile, 'file'>): string {
  return pathOf(call, optionText(call, 'simulateDir') ?? join(dirname(file), '.lifeboat-simulation'));
}
