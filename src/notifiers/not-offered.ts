import { FailureError } from '../model/failure.js';
import type { Notifier } from './notifier.js';

/** A notifier of an estate without `mail`: it tells nobody and says so; runs go on without their notices. */
export const noNotifier: Notifier = {
  send: () =>
    Promise.reject(
      new FailureError({
        code: 'notice-not-sent',
        kind: 'permanent',
        message: 'The estate names no mail server, so nobody was told',
        hint: 'write `mail` into lifeboat.yaml; `lifeboat watch` and `lifeboat report` tell how the run goes',
      }),
    ),
};
