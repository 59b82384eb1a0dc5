import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostsOf } from '../../model/estate.js';
import { runbookText } from '../../runbooks/init.js';
import { parseEstate } from '../../runbooks/parse-estate.js';
import { type Call, optionFlag, optionText, pathOf } from '../call.js';
import type { EstateFile } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { isThere, readText, reasonOf, writeText } from '../files.js';
import { InvalidFiles } from '../invalid-files.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { Refusal, usage } from '../refusal.js';
import { estateTemplate, runbookTemplate } from '../templates.js';

/** `lifeboat init`: an estate, unless there is one, and a runbook for it. */
export async function initCommand(call: Call): Promise<ExitCode> {
  const name = optionText(call, 'name') ?? 'payroll';
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(name)) {
    throw usage(
      `lifeboat init: --name ${name} is no name for a runbook`,
      'Use small letters, digits, dots and dashes.',
    );
  }
  const folder = call.args[0] ?? '.';
  const estateFile = optionText(call, 'estate') ?? join(folder, 'lifeboat.yaml');
  const runbookFile = join(folder, 'runbooks', `${name}.yaml`);
  const isNew = !isThere(call, estateFile);
  if (!optionFlag(call, 'force') && isThere(call, runbookFile)) {
    throw new Refusal(
      exitCodes.usage,
      `${runbookFile} is there already; nothing was written`,
      'Give another --name, or --force to replace it.',
    );
  }
  const { schemas } = call.environment;
  const estateText = estateTemplate(schemas);
  const estate = parseEstate(isNew ? estateText : readText(call, estateFile), estateFile);
  if (!estate.ok) {
    throw new InvalidFiles(estate.problems);
  }
  const runbook = await runbookFor(call, { name, estate: { file: estateFile, text: '', estate: estate.value } });
  makeFolder(call, dirname(runbookFile));
  if (isNew) {
    makeFolder(call, dirname(estateFile));
    writeText(call, estateFile, estateText);
  }
  writeText(call, runbookFile, runbook);
  const next = `lifeboat drill ${runbookFile} --simulate`;
  tell(call, () => `Read them, change them to what you have, and rehearse: ${next}`, {
    kind: 'Written',
    members: { files: isNew ? [estateFile, runbookFile] : [runbookFile], next },
  });
  return exitCodes.done;
}

/** For the VMs of the simulated world with --simulate, else a sample with every key explained. */
async function runbookFor(
  call: Call,
  { name, estate }: { readonly name: string; readonly estate: EstateFile },
): Promise<string> {
  const { schemas } = call.environment;
  if (!optionFlag(call, 'simulate')) {
    return runbookTemplate(name, { estate: estate.estate, schemas });
  }
  const inventory = await withWorld(call, { estate }, (world) => lookAtWorld(world, estate));
  const [from = '', to] = Object.keys(estate.estate.sites);
  return runbookText({
    name,
    from,
    ...(to === undefined ? {} : { to }),
    hosts: Object.values(hostsOf(estate.estate)),
    inventory,
    schema: `${schemas}/runbook.schema.json`,
  });
}

function makeFolder(call: Call, folder: string): void {
  try {
    mkdirSync(pathOf(call, folder), { recursive: true });
  } catch (error) {
    throw usage(`cannot make the folder ${folder}: ${reasonOf(error)}`, 'Name a folder that you may write.');
  }
}
