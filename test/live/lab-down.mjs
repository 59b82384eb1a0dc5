import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const lab = fileURLToPath(new URL('../../lab/lab', import.meta.url));

/** Takes the lab down if these tests brought it up, and fails when something of it stays behind. */
export default function takeLabDown() {
  if (globalThis.labWasUp) return;
  const { status } = spawnSync(lab, ['down'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('the lab left something behind: see above');
}
