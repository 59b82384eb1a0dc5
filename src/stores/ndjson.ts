import type { Entry } from '../model/entry.js';
import { firstHash, nextHash } from './chain.js';

/** One line of an export: `{"runId":…,"seq":…,"hash":…,"entry":…}`, where `entry` is the text exactly as it was hashed. */
export function exportLine(
  runId: string,
  stored: { readonly seq: number; readonly hash: string; readonly text: string },
): string {
  return `${openingOf(runId, stored.seq, stored.hash)}${stored.text}}`;
}

export type VerifiedExport =
  | { readonly ok: true; readonly runId: string; readonly head: string; readonly entries: readonly Entry[] }
  /** `line` counts from 1 and is the first that is wrong; `reason` is a clause. */
  | { readonly ok: false; readonly line: number; readonly reason: string };

/**
 * Checks an export without the journal it came from: one run, entries numbered from 1 without a gap, and every hash that of
 * its entry and of all before it. Lines missing at the end cannot be seen from the lines alone: compare `head` with the hash that
 * the report of the run carries.
 */
export function verifyExport(lines: readonly string[]): VerifiedExport {
  const entries: Entry[] = [];
  let runId: string | undefined;
  let previous = '';
  for (const [index, line] of lines.entries()) {
    const wrong = (reason: string): VerifiedExport => ({ ok: false, line: index + 1, reason });
    const parsed = parse(line);
    if (parsed === undefined) {
      return wrong('it is no line of an export');
    }
    if (runId === undefined) {
      runId = parsed.runId;
      previous = firstHash(runId);
    }
    if (parsed.runId !== runId) {
      return wrong(`it belongs to run ${parsed.runId} and not to ${runId}`);
    }
    if (parsed.seq !== index + 1 || parsed.entry?.seq !== index + 1) {
      return wrong(`entry ${index + 1} is missing, this is ${parsed.seq}`);
    }
    const opening = openingOf(parsed.runId, parsed.seq, parsed.hash);
    if (!line.startsWith(opening) || nextHash(previous, line.slice(opening.length, -1)) !== parsed.hash) {
      return wrong(`entry ${parsed.seq} or its hash was changed`);
    }
    entries.push(parsed.entry);
    previous = parsed.hash;
  }
  return runId === undefined
    ? { ok: false, line: 1, reason: 'there are no lines' }
    : { ok: true, runId, head: previous, entries };
}

function openingOf(runId: string, seq: number, hash: string): string {
  return `{"runId":${JSON.stringify(runId)},"seq":${seq},"hash":${JSON.stringify(hash)},"entry":`;
}

interface ExportLine {
  readonly runId: string;
  readonly seq: number;
  readonly hash: string;
  readonly entry: Entry;
}

function parse(line: string): ExportLine | undefined {
  try {
    const value = JSON.parse(line) as Partial<ExportLine> | null;
    const { runId, seq, hash, entry } = value ?? {};
    return typeof runId === 'string' && typeof seq === 'number' && typeof hash === 'string' && typeof entry === 'object'
      ? { runId, seq, hash, entry }
      : undefined;
  } catch {
    return undefined;
  }
}
