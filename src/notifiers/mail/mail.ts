import { hostname } from 'node:os';
import type { Mail } from '../../model/estate.js';
import { FailureError } from '../../model/failure.js';
import type { Notice, Notifier } from '../notifier.js';

/** How long the mail server may take to answer a connection or a command, ms. */
const answerWithinMs = 20_000;

/**
 * Sends each notice as one mail to all of `to`. Mails of a run refer to the same first message, so that mail programs show
 * them as one thread; they say that a machine wrote them (RFC 3834), so that nobody's absence note answers. It logs in
 * nowhere: the server must take mail from this machine.
 *
 * Rejects with `notice-not-sent`: transient when the server could not be reached or says that it may do so later, permanent
 * when it refuses the mail (a 5xx answer, RFC 5321 section 4.2.1).
 */
export function createMailNotifier({ smtp, from, to }: Mail): Notifier {
  const { hostname: host, port, protocol } = new URL(smtp);
  return {
    async send(notice, signal) {
      // Most commands send no mail, and need not load what does.
      const { createTransport } = await import('nodemailer');
      const transport = createTransport({
        host: host.replaceAll(/[[\]]/g, ''),
        ...(port === '' ? {} : { port: Number(port) }),
        secure: protocol === 'smtps:',
        connectionTimeout: answerWithinMs,
        greetingTimeout: answerWithinMs,
        socketTimeout: answerWithinMs,
      });
      const givenUp = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('it was given up')), { once: true });
      });
      try {
        signal.throwIfAborted();
        const { rejected } = await Promise.race([transport.sendMail(messageOf(notice, { from, to })), givenUp]);
        if (rejected.length > 0) {
          throw Object.assign(new Error(`it refused ${rejected.map(String).join(', ')}`), { responseCode: 550 });
        }
      } catch (error) {
        throw notSent(smtp, error);
      } finally {
        transport.close();
      }
    },
  };
}

function messageOf({ runId, runbook, event, subject, text }: Notice, { from, to }: Pick<Mail, 'from' | 'to'>) {
  return {
    from,
    to: [...to],
    subject,
    text,
    references: `<run-${runId}@${hostname()}>`,
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Lifeboat-Run': runId,
      'X-Lifeboat-Runbook': runbook,
      'X-Lifeboat-Event': event,
    },
  };
}

function notSent(smtp: string, error: unknown): FailureError {
  const { responseCode } = error as { readonly responseCode?: number };
  const cause = error instanceof Error ? error.message : String(error);
  return new FailureError(
    {
      code: 'notice-not-sent',
      kind: responseCode !== undefined && responseCode >= 500 ? 'permanent' : 'transient',
      message: `The mail server ${smtp} did not take the notice: ${cause}`,
      hint: 'see that it runs, and takes mail from this machine without a login',
    },
    { cause: error },
  );
}
