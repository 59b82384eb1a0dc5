import type { RunEvent } from '../../engine/engine.js';
import type { Clock } from '../../model/clock.js';
import type { StepProgress } from '../../steps/step-type.js';
import type { Output } from '../environment.js';
import type { Style } from '../style.js';
import { frame } from './frame.js';
import type { Screen, ShownRun } from './screen.js';
import { Terminal } from './terminal.js';

/** Ten pictures a second at most. */
const frameMs = 100;

/** The redrawn view. Time passes on it also when nothing happens. */
export class TerminalScreen implements Screen {
  readonly #run: ShownRun;
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #style: Style;
  readonly #terminal: Terminal;
  readonly #progress = new Map<string, { readonly step: string; readonly progress: StepProgress }>();
  readonly #beganAt: number;
  readonly #stopResize: () => void;
  #forgetNext: () => void;
  #isClosed = false;

  constructor(options: {
    readonly run: ShownRun;
    readonly output: Output;
    readonly clock: Clock;
    readonly style: Style;
  }) {
    this.#run = options.run;
    this.#output = options.output;
    this.#clock = options.clock;
    this.#style = options.style;
    this.#terminal = new Terminal(options.output);
    this.#beganAt = options.clock.now();
    this.#stopResize = options.output.onResize(() => this.#draw());
    this.#draw();
    this.#forgetNext = this.#schedule();
  }

  event(event: RunEvent): void {
    if (event.event === 'progress') {
      this.#progress.set(event.lane, { step: event.step, progress: event.progress });
    }
  }

  say(line: string): void {
    this.#terminal.say(line);
    this.#draw();
  }

  close(): void {
    if (!this.#isClosed) {
      this.#isClosed = true;
      this.#forgetNext();
      this.#stopResize();
      this.#draw();
      this.#terminal.close();
    }
  }

  #schedule(): () => void {
    return this.#clock.at(this.#clock.now() + frameMs, () => {
      this.#draw();
      this.#forgetNext = this.#schedule();
    });
  }

  #draw(): void {
    const view = {
      state: this.#run.state(),
      progress: this.#progress,
      now: this.#run.now(),
      commands: this.#run.commands,
      ...(this.#run.isSimulated ? { realElapsedMs: this.#clock.now() - this.#beganAt } : {}),
    };
    this.#terminal.draw(frame(view, { ...this.#output.size(), style: this.#style }));
  }
}
