import { FailureError } from '../model/failure.js';
import type { Replicas } from './replicas.js';

const refuse = (): Promise<never> =>
  Promise.reject(
    new FailureError({
      code: 'replication-not-offered',
      kind: 'permanent',
      message: 'An estate of one site has no place for replicas',
      hint: 'add a second site to the estate; evacuate, return and balance work without',
    }),
  );

/** Replicas where there are none yet: nothing is listed and nothing found, and whatever would make or change one is refused. */
export const noReplicas: Replicas = {
  list: async () => [],
  find: async () => undefined,
  carried: async () => [],
  promoted: async () => undefined,
  overlay: async () => undefined,
  sync: refuse,
  cycle: refuse,
  prove: refuse,
  check: refuse,
  promote: refuse,
  createOverlay: refuse,
  removeOverlay: refuse,
  mergeOverlay: refuse,
  reverse: refuse,
};
