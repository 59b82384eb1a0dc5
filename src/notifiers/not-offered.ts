import { FailureError } from '../model/failure.js';
import type { Notifier } from './notifier.js';

/** A notifier that tells nobody and says so; runs go on without their notices. */
export const noNotifier: Notifier = {
  send: () =>
    Promise.reject(
      new FailureError({
        code: 'notice-not-sent',
        kind: 'permanent',
        message: 'this version sends no mail',
        hint: '`lifeboat watch` and `lifeboat report` tell how the run goes',
      }),
    ),
};
