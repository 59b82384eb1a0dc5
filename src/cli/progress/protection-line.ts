import type { Entry } from '../../model/entry.js';
import { formatPlace } from '../../model/place.js';
import { formatDuration, formatSize } from '../../model/units.js';
import { differedText } from '../../storage-sync/differed-text.js';
import { stateWords } from '../../storage-sync/lag.js';
import { clean } from '../style.js';
import { timeOfDay } from './words.js';

/** One entry of a protection as one plain line; undefined for what says nothing to a person. */
export function protectionLine(entry: Entry): string | undefined {
  const text = textOf(entry);
  return text === undefined ? undefined : `${timeOfDay(entry.at)} ${clean(text)}`;
}

function textOf(entry: Entry): string | undefined {
  switch (entry.type) {
    case 'protection.started':
      return `protection of ${entry.runbook} begun by ${entry.author}`;
    case 'verification.started':
      return `recovery points of ${entry.runbook} are read again for ${entry.author}`;
    case 'protection.ended':
      return entry.reason === 'continued' ? undefined : `protection ended: ${entry.reason}`;
    case 'replica.synced': {
      const { vm, transfer, reason, bytes, tookMs, point, to } = entry;
      const why = reason === undefined ? '' : `, since ${reason}`;
      return `vm/${vm} ${transfer} to ${formatPlace(to)}: ${formatSize(bytes)} in ${formatDuration(tookMs)}${why}; point ${point.id} of ${timeOfDay(point.at)}`;
    }
    case 'replica.failed': {
      const { vm, failure, failures, againAt } = entry;
      const often = failures > 1 ? ` (${failures} in a row)` : '';
      return `vm/${vm} cycle failed${often}: ${failure.message}; again at ${timeOfDay(againAt)}`;
    }
    case 'replica.changed':
      return `vm/${entry.vm} ${stateWords[entry.state]}${entry.why === undefined ? '' : `: ${entry.why}`}`;
    case 'replica.forecast':
      return `vm/${entry.vm} ${entry.text ?? 'its RPO can be attained again'}`;
    case 'replica.checked': {
      const { vm, place, points, damage, against } = entry;
      const count = points === 1 ? 'one point' : `${points} points`;
      return `vm/${vm} ${count} at ${formatPlace(place)} read again (${against}): ${damage?.message ?? 'no damage found'}`;
    }
    case 'rpo.told': {
      const { event, vms, failure } = entry;
      const what = `${vms.join(', ')} ${event === 'rpo-missed' ? 'missed its RPO' : 'meets its RPO again'}`;
      return failure === undefined ? `told people: ${what}` : `nobody was told: ${what}: ${failure.message}`;
    }
    case 'replica.held':
      return `vm/${entry.vm} nothing is written to its replica any more, as ${entry.by} wants`;
    case 'replica.proving':
      return `vm/${entry.vm} a new point is made at ${formatPlace(entry.to)} and compared with its source`;
    case 'replica.proven': {
      const { vm, point, disks } = entry;
      const differed = disks.filter(({ differedBytes }) => differedBytes > 0).map(differedText);
      const was = differed.length === 0 ? '' : `; its replica had differed and was mended: ${differed.join('; ')}`;
      return `vm/${vm} point ${point.id} is proven equal to its source at ${timeOfDay(point.at)}${was}`;
    }
    case 'replica.unproven':
      return `vm/${entry.vm} no point is proven: ${entry.failure.message}`;
    default:
      return undefined;
  }
}
