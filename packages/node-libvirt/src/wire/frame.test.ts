import { describe, expect, it } from '@jest/globals';
import { ProtocolError } from '../errors.js';
import { encodeFrame, FrameReader, MESSAGE_MAX, type Message } from './frame.js';

/** A reply to `connectGetHostname`, serial 7, as libvirt 9.0 sends it: 4 bytes length, 24 header, the string. */
const hostnameReply = Buffer.from(
  [
    '00000028', // length: 40 bytes, this word included
    '20008086', // program: REMOTE_PROGRAM
    '00000001', // version
    '0000003b', // procedure 59
    '00000001', // type: reply
    '00000007', // serial
    '00000000', // status: ok
    '00000007', // the string's length
    '6e6f7274682d3100', // "north-1" and one byte of padding
  ].join(''),
  'hex',
);

function read(...chunks: Buffer[]): Message[] {
  const reader = new FrameReader();
  return chunks.flatMap((chunk) => [...reader.push(chunk)]);
}

function withLength(length: number): Buffer {
  const frame = Buffer.from(hostnameReply);
  frame.writeUInt32BE(length, 0);
  return frame;
}

describe('FrameReader', () => {
  it('reads the header and stops at the payload', () => {
    const [message] = read(hostnameReply);
    expect(message?.header).toEqual({ program: 0x20008086, version: 1, procedure: 59, type: 1, serial: 7, status: 0 });
    expect(message?.payload.remaining).toBe(12);
  });

  it('gives the same when fed one byte at a time', () => {
    const messages = read(...Array.from(hostnameReply, (_, index) => hostnameReply.subarray(index, index + 1)));
    expect(messages.map(({ header }) => header.serial)).toEqual([7]);
    expect(messages[0]?.payload.rest()).toEqual(hostnameReply.subarray(28));
  });

  it('takes two and a half frames from one chunk and the rest from the next', () => {
    const three = Buffer.concat([hostnameReply, hostnameReply, hostnameReply]);
    expect(read(three.subarray(0, 100), three.subarray(100))).toHaveLength(3);
  });

  it('gives nothing for a frame that is cut short', () => {
    expect(read(hostnameReply.subarray(0, -1))).toEqual([]);
  });

  it.each([
    ['shorter than its own header', 27],
    ['of length nought', 0],
    ['longer than libvirt allows', MESSAGE_MAX + 5],
    ['as long as a word can say', 0xffffffff],
  ])('refuses a frame %s', (_, length) => {
    expect(() => read(withLength(length))).toThrow(ProtocolError);
  });

  it('holds no more than what arrived, whatever a length promises', () => {
    const reader = new FrameReader();
    expect([...reader.push(withLength(MESSAGE_MAX))]).toEqual([]);
    expect(reader.held).toBe(hostnameReply.length);
  });

  it.each([
    ['type', 16, 9],
    ['status', 24, 3],
  ])('refuses an unknown %s', (_, offset, value) => {
    const frame = Buffer.from(hostnameReply);
    frame.writeUInt32BE(value, offset);
    expect(() => read(frame)).toThrow(ProtocolError);
  });
});

describe('encodeFrame', () => {
  it('writes what FrameReader reads', () => {
    const header = { program: 0x20008086, version: 1, procedure: 59, type: 1, serial: 7, status: 0 };
    expect(encodeFrame(header, (writer) => writer.string('north-1'))).toEqual(hostnameReply);
  });

  it('refuses a message over the limit', () => {
    const header = { program: 0x20008086, version: 1, procedure: 59, type: 3, serial: 7, status: 2 };
    expect(() => encodeFrame(header, (writer) => writer.raw(Buffer.alloc(MESSAGE_MAX)))).toThrow(RangeError);
  });
});
