import { spawnSync } from 'node:child_process';

/** Runs a program in front of the user; ends this process with its code when it fails. */
export function run(title, program, args, options = {}) {
  console.log(`\n── ${title}`);
  const { status, signal, error } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) console.error(`${program} could not be started: ${error.message}`);
  if (status !== 0) {
    console.error(`\n${title}: failed${signal ? ` (${signal})` : ''}`);
    process.exit(status ?? 1);
  }
}
