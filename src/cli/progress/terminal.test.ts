import { describe, expect, it } from '@jest/globals';
import { Terminal } from './terminal.js';

const escape = '\u001B[';

function open(columns = 80) {
  const writes: string[] = [];
  const size = { columns, rows: 24 };
  const terminal = new Terminal({
    write: (text) => writes.push(text),
    isTerminal: true,
    size: () => size,
    onResize: () => () => undefined,
  });
  return { terminal, writes, size };
}

describe('a terminal', () => {
  it('gets one write for each picture, with the cursor hidden once and shown at the end', () => {
    const { terminal, writes } = open();
    terminal.draw(['one', 'two']);
    terminal.draw(['one', 'three']);
    terminal.close();
    terminal.close();
    expect(writes).toEqual([
      `${escape}?2026h${escape}?25lone${escape}K\ntwo${escape}K\n${escape}J${escape}?2026l`,
      `${escape}?2026h${escape}2A\rone${escape}K\nthree${escape}K\n${escape}J${escape}?2026l`,
      `${escape}?25h`,
    ]);
  });

  it('gets nothing when the picture has not changed', () => {
    const { terminal, writes } = open();
    terminal.draw(['one']);
    terminal.draw(['one']);
    expect(writes.length).toBe(1);
  });

  it('finds the first line again after it has become narrower', () => {
    const { terminal, writes, size } = open(80);
    terminal.draw(['x'.repeat(70), 'short', '']);
    size.columns = 20;
    terminal.draw(['narrow']);
    expect(writes[1]).toContain(`${escape}6A\r`);
  });

  it('says a line in the place of the picture, which comes below it', () => {
    const { terminal, writes } = open();
    terminal.draw(['one', 'two']);
    terminal.say('said');
    terminal.draw(['three']);
    expect(writes.slice(1)).toEqual([
      `${escape}2A\rsaid${escape}K\n${escape}J`,
      `${escape}?2026hthree${escape}K\n${escape}J${escape}?2026l`,
    ]);
  });

  it('that was never drawn on is left alone', () => {
    const { terminal, writes } = open();
    terminal.close();
    expect(writes).toEqual([]);
  });
});
