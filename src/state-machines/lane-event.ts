import type { Failure } from '../model/failure.js';
import type { JsonObject } from '../model/json.js';
import type { Observation } from '../model/observation.js';

/** Everything that can happen to a lane. The fold makes these from journal entries. */
export type LaneEvent =
  | { readonly type: 'OPEN'; readonly at: number }
  | { readonly type: 'BLOCK'; readonly at: number; readonly reason: string }
  | { readonly type: 'START'; readonly at: number; readonly attempt: number; readonly deadlineAt: number }
  | { readonly type: 'SUCCEED'; readonly at: number; readonly step: string; readonly output: JsonObject }
  | ({ readonly type: 'FAIL'; readonly at: number; readonly step: string; readonly failure: Failure } & RetryRule)
  | ({
      readonly type: 'OBSERVE';
      readonly at: number;
      readonly step: string;
      readonly observation: Observation;
    } & RetryRule)
  | { readonly type: 'TIME'; readonly at: number }
  | { readonly type: 'TAKE_UP'; readonly at: number }
  | { readonly type: 'CANCEL'; readonly at: number }
  | { readonly type: 'RETRY'; readonly at: number }
  | { readonly type: 'SKIP'; readonly at: number; readonly step: string }
  | { readonly type: 'ABANDON'; readonly at: number }
  | { readonly type: 'APPROVE'; readonly at: number; readonly step: string; readonly by: string }
  | { readonly type: 'REJECT'; readonly at: number; readonly by: string }
  | { readonly type: 'ATTEST'; readonly at: number; readonly step: string; readonly output: JsonObject };

/** What the plan says of trying this step again. */
export interface RetryRule {
  readonly attemptsAllowed: number;
  /** When a next attempt, or a next look, would begin. */
  readonly againAt: number;
}

/** What a lane's machine remembers. JSON, since it is cached. */
export interface LaneContext {
  readonly attempt: number;
  readonly looks: number;
  readonly hasBegun: boolean;
  readonly isCancelled: boolean;
  readonly isAttested: boolean;
  /** An approval has its answer, which its step is about to take. */
  readonly isAnswered: boolean;
  readonly isAttached: boolean;
  /** Why the world is being looked at. */
  readonly look?: undefined | 'taken-up' | 'lost' | 'timeout' | 'operator';
  readonly isContradictory: boolean;
  readonly stepStartedAt?: number | undefined;
  readonly dueAt?: number | undefined;
  readonly failure?: Failure | undefined;
  /** How the attempt that is under way, or was last, has told of its end when it failed; undefined when it has not. */
  readonly told?: Failure | undefined;
  /** The same of the attempt before. */
  readonly toldBefore?: Failure | undefined;
  readonly waitsFor?: string | undefined;
  readonly outputs: Readonly<Record<string, JsonObject>>;
  readonly passedOver: readonly { readonly step: string; readonly failure: Failure }[];
  readonly startedAt?: number | undefined;
  readonly finishedAt?: number | undefined;
}

export const newLaneContext: LaneContext = {
  attempt: 0,
  looks: 0,
  hasBegun: false,
  isCancelled: false,
  isAttested: false,
  isAnswered: false,
  isAttached: false,
  isContradictory: false,
  outputs: {},
  passedOver: [],
};
