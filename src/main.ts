#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from './cli/process-environment.js';
import { runCli } from './cli/run-cli.js';
import { thisHolder } from './stores/holder.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { readonly version: string };
const holder = thisHolder();

const environment = processEnvironment({
  version,
  schemas: `${root}schemas`,
  holder,
  drivers: {
    // Loaded only by commands that need it, so that help starts at once.
    openHosts: async (options) => (await import('./hosts.js')).openHosts(options),
    openSimulation: async (options) => (await import('./simulation.js')).openSimulation(options, holder),
  },
});

const exitCode = await runCli(process.argv.slice(2), environment);
// What was left under way, such as a run that a second Ctrl-C abandoned, must not keep the process.
await new Promise((resolve) => process.stdout.write('', resolve));
process.exit(exitCode);
