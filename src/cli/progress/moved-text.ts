import { isJsonObject, type JsonObject } from '../../model/json.js';
import { formatDuration, formatSize } from '../../model/units.js';
import { clean } from '../style.js';

/** What a move has measured, `downtime 210ms, 230 MiB, throttle: why`, from a step's output; empty when it says nothing of it. */
export function movedText(output: JsonObject): string {
  const { downtimeMs, bytes, climbed } = output;
  const last = Array.isArray(climbed) ? climbed.at(-1) : undefined;
  return [
    ...(typeof downtimeMs === 'number' ? [`downtime ${formatDuration(downtimeMs)}`] : []),
    ...(typeof bytes === 'number' ? [formatSize(bytes)] : []),
    ...(isJsonObject(last) && typeof last['rung'] === 'string'
      ? [`${clean(last['rung'])}${typeof last['reason'] === 'string' ? `: ${clean(last['reason'])}` : ''}`]
      : []),
  ].join(', ');
}
