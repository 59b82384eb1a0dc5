import type { Authority, Proof } from '../model/authority.js';
import type { Entry } from '../model/entry.js';
import { formatPlace } from '../model/place.js';
import type { AuthorityReport, DeathReport, Mark, MoveReport } from './run-report.js';
import { formatTime } from './time-text.js';

/** The hosts proven dead, in the order of the journal, each with its proof in words. */
export function deathsOf(entries: readonly Entry[]): readonly DeathReport[] {
  return entries.flatMap((entry) => {
    if (entry.type !== 'death.proven') {
      return [];
    }
    const { host, at, seq, author, proof } = entry;
    return [{ host, at, seq, author, proof, text: proofText(proof) }];
  });
}

/** Every move of a VM's authority, in the order of the journal. */
export function authorityOf(entries: readonly Entry[]): readonly AuthorityReport[] {
  return entries.flatMap((entry) => {
    if (entry.type !== 'authority.moved') {
      return [];
    }
    const { authority, at, seq } = entry;
    const { vm, epoch, proof } = authority;
    return [{ vm, epoch, at, seq, state: stateText(authority), proof, text: proofText(proof) }];
  });
}

/** The operators' moves with who, when and why. */
export function movesOf(entries: readonly Entry[]): readonly MoveReport[] {
  return entries.flatMap((entry) => {
    if (entry.type !== 'operator.moved') {
      return [];
    }
    const { at, seq, author, move, reason } = entry;
    const about = 'host' in move ? move.host : 'lane' in move ? move.lane : undefined;
    return [{ at, seq, by: author, move: move.move, ...(about === undefined ? {} : { about }), reason }];
  });
}

/** What happened to the run as a whole. */
export function marksOf(entries: readonly Entry[]): readonly Mark[] {
  return entries.flatMap((entry) => {
    const kind = markKind(entry);
    const text = entry.type === 'run.taken-up' || entry.type === 'operator.moved' ? entry.reason : '';
    const { at, seq, author } = entry;
    return kind === undefined ? [] : [{ kind, at, by: author, ...(text === '' ? {} : { text }), seq }];
  });
}

function markKind(entry: Entry): Mark['kind'] | undefined {
  switch (entry.type) {
    case 'run.requested':
      return 'requested';
    case 'run.planned':
      return 'planned';
    case 'run.started':
      return 'started';
    case 'run.taken-up':
      return 'taken-up';
    case 'run.finished':
      return 'finished';
    case 'operator.moved': {
      const kinds = { pause: 'paused', resume: 'resumed', cancel: 'cancelled' } as const;
      const { move } = entry.move;
      return move === 'pause' || move === 'resume' || move === 'cancel' ? kinds[move] : undefined;
    }
    default:
      return undefined;
  }
}

function stateText(authority: Authority): string {
  switch (authority.state) {
    case 'at':
      return `at ${formatPlace(authority.place)}`;
    case 'moving':
      return `moving ${formatPlace(authority.from)} to ${formatPlace(authority.to)}`;
    case 'contested':
      return `contested: ${authority.places.map(formatPlace).join(' and ')}`;
  }
}

/** A proof in words; the journal's entry has it in full. */
export function proofText(proof: Proof): string {
  const at = formatTime(proof.at);
  switch (proof.kind) {
    case 'observed-running':
      return `observed running at ${formatPlace(proof.place)} on ${at}`;
    case 'observed-stopped':
      return `observed stopped at ${formatPlace(proof.place)} on ${at}`;
    case 'migration-completed':
      return `migration from ${formatPlace(proof.from)} to ${formatPlace(proof.to)} completed on ${at}`;
    case 'migration-started':
      return `migration from ${formatPlace(proof.from)} to ${formatPlace(proof.to)} started on ${at}`;
    case 'fenced-off':
      return `${proof.agent} reported ${proof.host} off on ${at}`;
    case 'attested':
      return `${proof.by} attested that ${proof.host} is dead on ${at}: ${proof.reason}`;
  }
}
