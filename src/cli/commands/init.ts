import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Estate, hostsOf } from '../../model/estate.js';
import type { Inventory } from '../../model/inventory.js';
import { estateText, runbookText } from '../../runbooks/init.js';
import { parseEstate } from '../../runbooks/parse-estate.js';
import { type Call, optionFlag, optionText, pathOf } from '../call.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { isThere, readText, reasonOf, writeText } from '../files.js';
import { InvalidFiles } from '../invalid-files.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { Refusal, usage } from '../refusal.js';
import { sampleHosts, sampleInventory } from '../sample-estate.js';

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
  const text = isNew ? sampleText(`${schemas}/estate.schema.json`) : readText(call, estateFile);
  const estate = parseEstate(text, estateFile);
  if (!estate.ok) {
    throw new InvalidFiles(estate.problems);
  }
  const runbook = await runbookFor(call, { name, file: estateFile, estate: estate.value });
  makeFolder(call, dirname(runbookFile));
  if (isNew) {
    makeFolder(call, dirname(estateFile));
    writeText(call, estateFile, text);
  }
  writeText(call, runbookFile, runbook);
  const next = `lifeboat drill ${runbookFile} --simulate`;
  tell(call, () => `Read them, change them to what you have, and rehearse: ${next}`, {
    kind: 'Written',
    members: { files: isNew ? [estateFile, runbookFile] : [runbookFile], next },
  });
  return exitCodes.done;
}

function sampleText(schema: string): string {
  const [first = { name: '', site: '' }] = sampleHosts;
  return estateText({ hosts: sampleHosts, inventory: sampleInventory(first), schema });
}

/** For the VMs of the simulated world with --simulate, else for sample VMs at the estate's first site. */
async function runbookFor(
  call: Call,
  { name, file, estate }: { readonly name: string; readonly file: string; readonly estate: Estate },
): Promise<string> {
  const hosts = Object.values(hostsOf(estate)).map((host) => ({ name: host.name, site: host.site, uri: host.uri }));
  const [from = '', to] = Object.keys(estate.sites);
  const inventory = optionFlag(call, 'simulate')
    ? await lookAtSimulation(call, { file, estate })
    : sampleInventory({ site: from, name: hosts[0]?.name ?? '' });
  return runbookText({
    name,
    from,
    ...(to === undefined ? {} : { to }),
    hosts,
    inventory,
    schema: `${call.environment.schemas}/runbook.schema.json`,
  });
}

async function lookAtSimulation(
  call: Call,
  { file, estate }: { readonly file: string; readonly estate: Estate },
): Promise<Inventory> {
  const opened = { file, text: '', estate };
  return withWorld(call, { estate: opened }, (world) => lookAtWorld(world, opened));
}

function makeFolder(call: Call, folder: string): void {
  try {
    mkdirSync(pathOf(call, folder), { recursive: true });
  } catch (error) {
    throw usage(`cannot make the folder ${folder}: ${reasonOf(error)}`, 'Name a folder that you may write.');
  }
}
