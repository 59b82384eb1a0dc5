import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const lab = fileURLToPath(new URL('../../lab/lab', import.meta.url));

/** The lab for all live tests. One that is up already is used as it is, and left so. */
export default function bringLabUp() {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new Error('the live tests need root on Linux: run them with sudo, or leave LIFEBOAT_LIVE unset');
  }
  globalThis.labWasUp = spawnSync(lab, ['status'], { stdio: 'ignore' }).status === 0;
  if (globalThis.labWasUp) return;
  const { status } = spawnSync(lab, ['up', '--yes', '--hosts', '3'], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('the lab does not come up: see above, and docs/lab.md');
}
