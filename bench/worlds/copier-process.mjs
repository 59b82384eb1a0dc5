/** The copier in a process of its own, so that its memory is its own; it goes on running, as the engine does. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('./disk-copier.mjs', import.meta.url));

export function startCopier() {
  const running = fork(child);
  let maxRssMiB = 0;
  return {
    /** Makes one copy between two sockets, `{ source, target, bitmap }`, and resolves to what the child tells of it. */
    async copy(asked) {
      running.send(asked);
      const [told] = await once(running, 'message');
      if (told.error !== undefined) throw new Error(`the copy failed: ${told.error}`);
      ({ maxRssMiB } = told);
      return told;
    },
    /** Of all its copies. */
    maxRssMiB: () => Math.round(maxRssMiB),
    end: () => running.disconnect(),
  };
}
