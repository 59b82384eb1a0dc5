import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { isHolderDead, thisHolder } from './holder.js';

describe('a holder', () => {
  it('is alive while it is this process', () => {
    expect(isHolderDead(thisHolder())).toBe(false);
  });

  it('is dead when no process has its id', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(isHolderDead(withPart(1, String(child.pid)))).toBe(true);
  });

  it('is dead when its id belongs to a process that began at another time', () => {
    expect(isHolderDead(withPart(2, '1'))).toBe(true);
  });

  it('is dead when the machine was started again since', () => {
    expect(isHolderDead(withPart(3, 'an-older-boot'))).toBe(true);
  });

  it('is not judged when it is of another machine or of another container', () => {
    expect(isHolderDead(withPart(0, 'elsewhere'))).toBe(false);
    expect(isHolderDead(withPart(2, '1').replace(/\d+$/, '1'))).toBe(false);
  });

  it('is not judged when its name has another form', () => {
    for (const holder of ['', 'engine-1', thisHolder().split(':').slice(0, 2).join(':'), withPart(1, '-1')]) {
      expect(isHolderDead(holder)).toBe(false);
    }
  });
});

function withPart(index: number, value: string): string {
  return thisHolder().split(':').with(index, value).join(':');
}
