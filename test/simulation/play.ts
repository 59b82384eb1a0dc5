import type { ActiveRun } from '../../src/engine/engine.js';
import type { Plan } from '../../src/model/plan.js';
import type { OperatorMove } from '../../src/model/request.js';
import { offeredMoves, type RunState, waitsForOperator } from '../../src/state-machines/index.js';
import type { Chance } from './chance.js';
import type { Event } from './event.js';
import { chooseMove, type Temper } from './operator.js';
import { strike } from './stroke.js';
import { isPromised, type Theatre } from './theatre.js';
import { isCertainlyDead } from './truth.js';

/** No run takes longer than this, in virtual milliseconds. */
const runLimitMs = 72 * 3_600_000;
/** Nor stays without a new entry for longer, unless it waits: the longest step may take an hour, or four times its estimate. */
const silenceLimitMs = 8 * 3_600_000;
/** From then on the operator wants the run to end. */
const patientMoves = 8;
const movesLimit = 80;

export interface Part {
  readonly events: readonly Event[];
  readonly chance: Chance;
  readonly keepsWaiting: boolean;
  readonly temper: Temper;
}

export interface Played {
  readonly runId: string;
  readonly state: RunState;
  readonly moves: number;
  readonly crashes: number;
}

/** Runs a plan to its end, through all that is to meet it. Undefined when the engine refused to start it. */
export async function play(theatre: Theatre, plan: Plan, part: Part): Promise<Played> {
  const player = new Player(theatre, part);
  await player.begin(plan);
  return await player.toTheEnd();
}

class Player {
  readonly #theatre: Theatre;
  readonly #part: Part;
  readonly #startedAt: number;
  #active: ActiveRun | undefined;
  #ended: 'finished' | 'waiting' | undefined;
  #runId = '';
  #next = 0;
  #moveAt: number | undefined;
  #moves = 0;
  #crashes = 0;
  #lastSeq = 0;
  #lastChangeAt = 0;

  constructor(theatre: Theatre, part: Part) {
    this.#theatre = theatre;
    this.#part = part;
    this.#startedAt = theatre.now;
    this.#lastChangeAt = theatre.now;
  }

  async begin(plan: Plan): Promise<void> {
    const started = await this.#theatre.settle(this.#theatre.process.engine.start(plan));
    this.#follow(started?.value);
  }

  async toTheEnd(): Promise<Played> {
    const theatre = this.#theatre;
    for (;;) {
      const { clock } = theatre.world;
      const eventAt = this.#startedAt + (this.#part.events[this.#next]?.afterMs ?? Infinity);
      const limitAt = Math.min(this.#startedAt + runLimitMs, this.#lastChangeAt + silenceLimitMs);
      await clock.run({
        until: () => theatre.process.isDead || this.#ended === 'finished' || this.#hasCome(),
        limitAt: Math.max(theatre.now, Math.min(eventAt, this.#moveAt ?? Infinity, limitAt)),
        isQuiet: () => theatre.process.isQuiet(),
      });
      if (theatre.process.isDead) {
        await this.#takeUp();
      } else if (this.#ended === 'finished') {
        break;
      } else if (theatre.now >= eventAt) {
        await this.#happen();
      } else if (this.#moveAt !== undefined && theatre.now >= this.#moveAt) {
        await this.#operate(this.#part.temper);
      } else if (this.#moveAt === undefined && this.#waits()) {
        this.#moveAt = theatre.now + this.#part.chance.between(0, this.#part.temper === 'helpful' ? 4_000 : 90_000);
      } else if (theatre.now >= limitAt) {
        this.#complain('is under way and never ends');
        break;
      }
      if (this.#moves > movesLimit) {
        this.#complain(`did not end after ${movesLimit} moves`);
        break;
      }
    }
    const state = await this.#state();
    return { runId: this.#runId, state, moves: this.#moves, crashes: this.#crashes };
  }

  /** Whether the run waits and nobody has been told of it yet. */
  #hasCome(): boolean {
    const seq = this.#active?.state().seq ?? this.#lastSeq;
    if (seq !== this.#lastSeq) {
      this.#lastSeq = seq;
      this.#lastChangeAt = this.#theatre.now;
    }
    return this.#moveAt === undefined && this.#waits();
  }

  #waits(): boolean {
    return this.#ended === 'waiting' || (this.#active !== undefined && waitsForOperator(this.#active.state()));
  }

  #complain(what: string): void {
    const lanes = (this.#active?.state().lanes ?? []).filter(({ activity }) => activity !== 'idle');
    const where = lanes.map(({ lane, activity, waitsFor }) => `${lane} ${activity} ${waitsFor ?? ''}`).join('; ');
    this.#theatre.broken('ends-or-waits', `${this.#runId} ${what}: ${where}`);
  }

  #follow(active: ActiveRun | undefined): void {
    this.#active = active;
    this.#ended = undefined;
    if (active === undefined) {
      return;
    }
    this.#runId = active.runId;
    this.#theatre.watch(active);
    active.ended.then(
      (ending) => {
        if (this.#active === active) {
          this.#ended = ending;
        }
      },
      (error: unknown) => {
        this.#theatre.broken('no-exception', `${active.runId}: ${String(error)}`);
        this.#ended = 'finished';
      },
    );
  }

  async #happen(): Promise<void> {
    const event = this.#part.events[this.#next];
    this.#next += 1;
    switch (event?.event) {
      case undefined:
        return;
      case 'fault':
      case 'call-fault':
        await strike(this.#theatre, event);
        return;
      case 'impulse':
        await this.#operate('random');
        return;
      case 'crash':
        if (event.when === 'at-rest') {
          this.#theatre.process.die();
        } else {
          this.#theatre.process.dieAt({ appends: event.appends, when: event.when });
        }
    }
  }

  /** Another process takes the run up, some time after the last one has died. */
  async #takeUp(): Promise<void> {
    const theatre = this.#theatre;
    this.#crashes += 1;
    this.#active = undefined;
    this.#moveAt = undefined;
    theatre.killProcess();
    await theatre.pass(this.#part.chance.pick([0, 10, 1_000, 30_000, 120_000]));
    const { engine } = theatre.beginProcess(this.#part.keepsWaiting);
    const state = await this.#state();
    if (state.phase === 'finished') {
      this.#ended = 'finished';
      return;
    }
    const resumed = await theatre.settle(engine.resume(this.#runId, 'ben'));
    this.#follow(resumed?.value);
    this.#lastChangeAt = theatre.now;
  }

  /** The newest state: that of the engine that has the run, else of the journal. */
  async #state(): Promise<RunState> {
    return this.#active?.state() ?? (await this.#theatre.process.engine.read(this.#runId)).state;
  }

  async #operate(temper: Temper): Promise<void> {
    const theatre = this.#theatre;
    this.#moveAt = undefined;
    const state = await this.#state();
    if (state.phase === 'finished') {
      this.#ended = 'finished';
      return;
    }
    if (temper === 'helpful' && !waitsForOperator(state)) {
      return;
    }
    this.#moves += 1;
    const truth = theatre.truth();
    const isImpatient = this.#moves > patientMoves;
    const choose = (mood: Temper) =>
      chooseMove(state, {
        chance: this.#part.chance,
        temper: mood,
        isDead: (host) => isCertainlyDead(truth, host),
      });
    const move = choose(isImpatient ? 'impatient' : temper) ?? choose('impatient');
    if (move === undefined) {
      if (waitsForOperator(state)) {
        this.#complain(
          `waits and offers only ${offeredMoves(state)
            .map(({ move: name }) => name)
            .join()}`,
        );
      }
      return;
    }
    await this.#make(move);
  }

  async #make(move: OperatorMove): Promise<void> {
    const theatre = this.#theatre;
    const { engine } = theatre.process;
    const isWaiting = this.#ended === 'waiting';
    try {
      await theatre.settle(engine.move(this.#runId, move, { by: 'cleo', reason: 'seen to be so' }));
    } catch (error) {
      if (!isPromised(error)) {
        throw error;
      }
      theatre.broken('offer-is-taken', `${this.#runId}: ${JSON.stringify(move)}: ${error.message}`);
    }
    if (isWaiting && !theatre.process.isDead) {
      const resumed = await theatre.settle(engine.resume(this.#runId, 'ben'));
      this.#follow(resumed?.value);
    }
  }
}
