import type { RunEvent } from '../../engine/engine.js';
import type { Clock } from '../../model/clock.js';
import type { StepProgress } from '../../steps/step-type.js';
import type { Output } from '../environment.js';
import { clean, createStyle } from '../style.js';
import { bar } from './bar.js';
import { entryLine } from './entry-line.js';
import type { Screen, ShownRun } from './screen.js';
import { transferWords } from './transfer-line.js';
import { laneCommand } from './typed-commands.js';
import { isHeld, lanesInView } from './view.js';
import { timeOfDay } from './words.js';

/** A long step says how far it is once in so many ms of real time, so that a log shows life without being flooded. */
const progressEveryMs = 30_000;
const plainStyle = createStyle(false);

/** One plain line per event, for logs and pipes. */
export class LineScreen implements Screen {
  readonly #run: ShownRun;
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #starts = new Map<string, number>();
  readonly #saidAt = new Map<string, number>();
  readonly #rungs = new Map<string, string>();
  readonly #held = new Map<string, string>();

  constructor(options: { readonly run: ShownRun; readonly output: Output; readonly clock: Clock }) {
    this.#run = options.run;
    this.#output = options.output;
    this.#clock = options.clock;
  }

  event(event: RunEvent): void {
    if (event.event === 'progress') {
      this.#progress(event.lane, event.progress);
      return;
    }
    const { plan } = this.#run.state();
    const lines: string[] = [];
    for (const entry of event.entries) {
      if (entry.type === 'step.started') {
        this.#starts.set(`${entry.lane} ${entry.step}`, entry.at);
        this.#saidAt.set(entry.lane, this.#clock.now());
      }
      const line = entryLine(entry, { plan, startOf: ({ lane, step }) => this.#starts.get(`${lane} ${step}`) });
      if (line !== undefined) {
        lines.push(line);
      }
    }
    this.#write([...lines, ...this.#newlyHeld()]);
  }

  say(line: string): void {
    this.#write([line]);
  }

  close(): void {
    this.#write(this.#newlyHeld());
  }

  #progress(lane: string, progress: StepProgress): void {
    const now = this.#clock.now();
    const { transfer } = progress;
    const rung = transfer?.rung;
    const hasClimbed = rung !== undefined && rung !== 'live' && this.#rungs.get(lane) !== rung;
    if (rung !== undefined) {
      this.#rungs.set(lane, rung);
    }
    if (hasClimbed || now - (this.#saidAt.get(lane) ?? now) >= progressEveryMs) {
      this.#saidAt.set(lane, now);
      this.#write([`${timeOfDay(this.#run.now())} ${lane} ${this.#words(progress)}`]);
    }
  }

  #words(progress: StepProgress): string {
    const { transfer, untilMs } = progress;
    const parts =
      transfer === undefined
        ? [bar(progress, { style: plainStyle }), untilMs === undefined ? '' : `until ${timeOfDay(untilMs)}`]
        : [transferWords({ progress: { ...progress, transfer }, now: this.#run.now() })];
    return [clean(progress.text), ...parts].filter((part) => part !== '').join('  ');
  }

  /** Lanes that began to wait for an operator since the last time, with what can be typed. */
  #newlyHeld(): readonly string[] {
    const lines: string[] = [];
    for (const { lane, state } of lanesInView(this.#run.state())) {
      const reason = isHeld(state) ? `${state.step} ${state.waitsFor ?? state.failure?.message ?? ''}` : undefined;
      if (reason !== undefined && this.#held.get(lane.id) !== reason) {
        const why = clean(state.waitsFor ?? state.failure?.message ?? lane.title);
        lines.push(`${timeOfDay(this.#run.now())} ${lane.id} waits for an operator: ${why}; type one of:`);
        lines.push(...state.offers.map((move) => `    ${laneCommand(this.#run.commands, move, lane)}`));
      }
      if (reason === undefined) {
        this.#held.delete(lane.id);
      } else {
        this.#held.set(lane.id, reason);
      }
    }
    return lines;
  }

  #write(lines: readonly string[]): void {
    if (lines.length > 0) {
      this.#output.write(`${lines.join('\n')}\n`);
    }
  }
}
