/** What other folders may use of the machines; XState itself stays in here. */
export { advance } from './advance.js';
export { AuthorityLedger } from './authority-ledger.js';
export { toMermaid } from './diagram-mermaid.js';
export { toSvg } from './diagram-svg.js';
export { type FoldedRun, newRunState } from './fold.js';
export { freezeRun, thawRun } from './fold-cache.js';
export { identityOf } from './identity.js';
export { mayAnswer, type OfferedMove, offeredMoves, waitsForOperator } from './offers.js';
export { type NoticeEvent, owedNotices } from './owed-notices.js';
export {
  advanceReplica,
  newReplica,
  type ReplicaEvent,
  type ReplicaRequest,
  type ReplicaState,
} from './replica.js';
export { resultOf } from './result.js';
export type { LaneState, LaneStatus, RunPhase, RunState, StepActivity } from './run-state.js';
