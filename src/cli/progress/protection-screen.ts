import type { TransferProgress } from '../../hypervisors/hypervisor.js';
import type { Replicator, ReplicatorNews } from '../../storage-sync/replicator.js';
import { type Call, optionFlag } from '../call.js';
import { protectionFrame } from './protection-frame.js';
import { protectionLine } from './protection-line.js';
import { isRedrawn } from './screen.js';
import { Terminal } from './terminal.js';
import { transferWords } from './transfer-line.js';
import { timeOfDay } from './words.js';

/** Shows a protection to a person on standard error. */
export interface ProtectionScreen {
  say(line: string): void;
  /** Shows the newest state once more and gives the terminal back. May be called twice. */
  close(): void;
}

interface Shown {
  readonly runbook: string;
  readonly replicator: Replicator;
  /** Now in the world's time. */
  readonly now: () => number;
}

const frameMs = 100;
/** A long transfer says how far it is once in so many ms of real time. */
const progressEveryMs = 30_000;

/** Redrawn on a terminal, a line per event elsewhere, nothing with `--quiet`. */
export function openProtectionScreen(call: Call, shown: Shown): ProtectionScreen {
  if (optionFlag(call, 'quiet')) {
    return { say: () => undefined, close: () => undefined };
  }
  return isRedrawn(call) ? redrawn(call, shown) : lines(call, shown);
}

function redrawn(call: Call, { runbook, replicator, now }: Shown): ProtectionScreen {
  const { clock, stderr } = call.environment;
  const terminal = new Terminal(stderr);
  const progress = new Map<string, TransferProgress>();
  const draw = (): void => {
    const view = { runbook, state: replicator.state(), rules: replicator.rules, progress, now: now() };
    terminal.draw(protectionFrame(view, { ...stderr.size(), style: call.noteStyle }));
  };
  const forget = replicator.watch((news) => {
    if (news.news === 'progress') {
      progress.set(news.vm, news.progress);
    } else if (news.news === 'entries') {
      for (const entry of news.entries) {
        if (entry.type === 'replica.synced' || entry.type === 'replica.failed') {
          progress.delete(entry.vm);
        }
      }
    }
  });
  let forgetNext: () => void = () => undefined;
  const schedule = (): void => {
    draw();
    forgetNext = clock.at(clock.now() + frameMs, schedule);
  };
  schedule();
  const stopResize = stderr.onResize(draw);
  return {
    say: (line) => {
      terminal.say(line);
      draw();
    },
    close: () => {
      forget();
      forgetNext();
      stopResize();
      draw();
      terminal.close();
    },
  };
}

function lines(call: Call, { runbook, replicator, now }: Shown): ProtectionScreen {
  const { clock, stderr } = call.environment;
  const saidAt = new Map<string, number>();
  const write = (line: string | undefined): void => {
    if (line !== undefined) {
      stderr.write(`${line}\n`);
    }
  };
  const progressed = ({ vm, progress }: Extract<ReplicatorNews, { news: 'progress' }>): void => {
    const said = saidAt.get(vm) ?? clock.now();
    saidAt.set(vm, said);
    if (clock.now() - said >= progressEveryMs) {
      saidAt.set(vm, clock.now());
      const words = transferWords({ progress: { text: vm, transfer: progress }, now: now() });
      write(`${timeOfDay(now())} vm/${vm} ${words}`);
    }
  };
  const vms = [...replicator.state().vms.values()];
  write(`${timeOfDay(now())} protection of ${runbook}`);
  for (const { member, told } of vms) {
    if (told !== undefined && told.state !== 'meeting-rpo') {
      write(protectionLine({ type: 'replica.changed', vm: member.vm, ...told, seq: 0, at: now(), author: '' }));
    }
  }
  const forget = replicator.watch((news) => {
    switch (news.news) {
      case 'entries':
        for (const entry of news.entries) {
          write(protectionLine(entry));
          if ('vm' in entry && entry.type !== 'replica.changed') {
            saidAt.delete(entry.vm);
          }
        }
        return;
      case 'progress':
        progressed(news);
        return;
      case 'blind':
        write(`${timeOfDay(now())} the hosts could not be looked at: ${news.failure.message}`);
    }
  });
  return { say: write, close: forget };
}
