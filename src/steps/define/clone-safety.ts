import type { Estate } from '../../model/estate.js';
import type { Failure } from '../../model/failure.js';
import type { DefineInput } from '../../model/step-input.js';
import { isCloneName } from '../clone-name.js';

/**
 * Why this definition may not become a clone; undefined when it may, or is none. A clone has an id and a name of its
 * own, does not start by itself, and is on the site's isolated network and no other (safety rule S3). The clone of a VM
 * without a network has none either.
 */
export function cloneRefusal({ at, definition }: DefineInput, estate: Estate): Failure | undefined {
  const { id, name, networks, cloneOf, hasAutostart } = definition;
  if (cloneOf === undefined) {
    return undefined;
  }
  const drill = estate.sites[at.site]?.networks['drill'];
  if (drill === undefined) {
    return unsafe(name, `site ${at.site} has no network called drill`);
  }
  if (networks.some((network) => network !== drill)) {
    return unsafe(name, `it would be on ${networks.join(', ')} instead of ${drill} alone`);
  }
  if (id === cloneOf || !isCloneName(name)) {
    return unsafe(name, `it would carry the id or the name of the VM it is a clone of`);
  }
  return hasAutostart ? unsafe(name, 'it would start by itself with its host') : undefined;
}

function unsafe(name: string, reason: string): Failure {
  return {
    code: 'unsafe-clone',
    kind: 'precondition',
    message: `the clone ${name} is refused by safety rule S3: ${reason}`,
    hint: 'nothing was changed; give the site an isolated network called `drill` in lifeboat.yaml and plan the drill again',
  };
}
