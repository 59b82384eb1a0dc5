/** What a tracing hook is told: every message, with names in place of numbers. */

import { events } from '../protocol/events.js';
import { type Procedure, programs } from '../protocol/procedure.js';
import { handshake, procedures } from '../protocol/procedures.js';
import type { Header } from '../wire/frame.js';
import { MessageStatus, MessageType } from '../wire/frame.js';

/** One message, told when it is handed to the socket or has arrived whole. */
export interface TraceRecord {
  /** Seen from this side. */
  readonly direction: 'sent' | 'received';
  /** The call's or event's name, `keepalive ping` or `keepalive pong`, or its program and number when it is in no table. */
  readonly name: string;
  /** `call`, `reply`, `event`, `stream` or `stream_hole`. */
  readonly type: string;
  /** `ok`, `error` or `continue`. */
  readonly status: string;
  /** The same for a call, its reply and its stream; 0 for events and keepalive. */
  readonly serial: number;
  /** Length of the payload in bytes. What it says is not traced: it may hold secrets. */
  readonly bytes: number;
}

/** A hook that is called at once for every message. It must not throw. */
export type Trace = (record: TraceRecord) => void;

const names = new Map<string, string>();
for (const [name, { program, number }] of Object.entries<Procedure>({ ...procedures, ...handshake })) {
  names.set(`${programs[program].number}/${number}`, name);
}
for (const [name, { procedure }] of Object.entries(events)) names.set(`${programs.remote.number}/${procedure}`, name);
for (const number of [1, 2])
  names.set(`${programs.keepalive.number}/${number}`, number === 1 ? 'keepalive ping' : 'keepalive pong');

/** The record of one message. */
export function traceRecord(direction: TraceRecord['direction'], header: Header, bytes: number): TraceRecord {
  return {
    direction,
    name: names.get(`${header.program}/${header.procedure}`) ?? `${header.program.toString(16)}/${header.procedure}`,
    type: nameOf(MessageType, header.type),
    status: nameOf(MessageStatus, header.status),
    serial: header.serial,
    bytes,
  };
}

function nameOf(table: Readonly<Record<string, number>>, value: number): string {
  return (
    Object.entries(table)
      .find(([, number]) => number === value)?.[0]
      .toLowerCase() ?? String(value)
  );
}
