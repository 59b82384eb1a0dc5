import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { SMTPServerOptions } from 'smtp-server';
import { mailServer } from '../../../test/scenarios/mail-server.js';
import { FailureError } from '../../model/failure.js';
import { createMailNotifier } from './mail.js';

const never = new AbortController().signal;
const notice = {
  runId: 'r-1',
  runbook: 'payroll',
  event: 'failed',
  subject: '[payroll] failover failed',
  text: 'Failed: vm/db-1: no room – south is full',
};
const people = ['ops@example.org', 'dba@example.org'];

describe('mail', () => {
  const ends: (() => Promise<void>)[] = [];

  afterEach(async () => {
    await Promise.all(ends.splice(0).map(async (end) => await end()));
  });

  const serve = async (options: SMTPServerOptions = {}) => {
    const server = await mailServer(options);
    ends.push(async () => await server[Symbol.asyncDispose]());
    return server;
  };
  const send = async (smtp: string, signal = never) =>
    await createMailNotifier({ smtp, from: 'lifeboat@example.org', to: people }).send(notice, signal);
  const failureOf = async (sending: Promise<void>) =>
    await sending.then(
      () => undefined,
      (error: unknown) => (error instanceof FailureError ? error.failure : error),
    );

  it('goes to everybody, says that a machine wrote it, and belongs to its run', async () => {
    const { mails, smtp } = await serve();
    await send(smtp);
    await send(smtp);
    expect(mails).toHaveLength(2);
    expect(mails[0]).toContain('Subject: [payroll] failover failed\n');
    expect(mails[0]).toContain('From: lifeboat@example.org\n');
    expect(mails[0]).toContain(`To: ${people.join(', ')}\n`);
    expect(mails[0]).toContain('Auto-Submitted: auto-generated\n');
    expect(mails[0]).toContain('Failed: vm/db-1: no room =E2=80=93 south is full');
    const threads = mails.map((mail) => /^References: (<run-r-1@\S+>)$/m.exec(mail)?.[1]);
    expect(threads[0]).toBeDefined();
    expect(threads[1]).toBe(threads[0]);
  });

  it('that a server refuses is not sent again by itself', async () => {
    const { mails, smtp } = await serve({
      onRcptTo: (_, __, done) => done(Object.assign(new Error('no such mailbox'), { responseCode: 550 })),
    });
    expect(await failureOf(send(smtp))).toMatchObject({
      code: 'notice-not-sent',
      kind: 'permanent',
      message: expect.stringContaining(smtp),
    });
    expect(mails).toEqual([]);
  });

  it('that reaches only some of the people counts as not sent', async () => {
    const { smtp } = await serve({
      onRcptTo: ({ address }, _, done) =>
        done(address === people[1] ? Object.assign(new Error('no such mailbox'), { responseCode: 550 }) : null),
    });
    expect(await failureOf(send(smtp))).toMatchObject({
      kind: 'permanent',
      message: expect.stringContaining('it refused dba@example.org'),
    });
  });

  it('may be tried again when the server is busy or not there', async () => {
    const { smtp } = await serve({
      onMailFrom: (_, __, done) => done(Object.assign(new Error('busy'), { responseCode: 451 })),
    });
    expect(await failureOf(send(smtp))).toMatchObject({ code: 'notice-not-sent', kind: 'transient' });
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, 'close');
    expect(await failureOf(send(`smtp://127.0.0.1:${port}`))).toMatchObject({ kind: 'transient' });
  });

  it('is given up at once, whatever the server does', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ends.push(async () => await new Promise((resolve) => silent.close(() => resolve())));
    const stop = new AbortController();
    const sending = failureOf(send(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`, stop.signal));
    const [socket] = await once(silent, 'connection');
    stop.abort();
    expect(await sending).toMatchObject({ code: 'notice-not-sent', message: expect.stringContaining('given up') });
    socket.destroy();
  });
});
