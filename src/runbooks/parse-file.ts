import type { Cursor } from './parse-cursor.js';
import type { Parsed } from './problem.js';
import { type Complaint, complaintsMax, problemsOf } from './problem-report.js';
import type { Check } from './schema-check.js';
import { type FileText, readYaml } from './yaml-text.js';

/** How one kind of file becomes a value. */
export interface FileKind<Text, Value> {
  /** What its schema says. */
  readonly check: Check<Text>;
  /** What no schema can say: names that must exist or be unique. Called with data of any shape. */
  readonly relations: (root: Cursor) => Iterable<Complaint>;
  /** The value of data without complaints. */
  readonly make: (text: Text) => Value;
}

/** Reads, checks and makes. Never throws; all complaints of a file that is YAML at all are reported together. */
export function parseFile<Text, Value>(input: FileText, file: string, kind: FileKind<Text, Value>): Parsed<Value> {
  const yaml = readYaml(input, file);
  if (yaml.value === undefined) {
    return { ok: false, problems: problemsOf(yaml.complaints, yaml) };
  }
  const checked = kind.check(yaml.value);
  const related = firstOf(kind.relations({ value: yaml.value }), complaintsMax);
  const complaints = [...yaml.complaints, ...related, ...checked.complaints];
  return checked.value === undefined || complaints.length > 0
    ? { ok: false, problems: problemsOf(complaints, yaml) }
    : { ok: true, value: kind.make(checked.value), locate: yaml.locate };
}

/** The search for more ends there: nobody reads so many, and a hostile file has one every few characters. */
function firstOf(complaints: Iterable<Complaint>, max: number): readonly Complaint[] {
  const first: Complaint[] = [];
  for (const complaint of complaints) {
    first.push(complaint);
    if (first.length === max) {
      break;
    }
  }
  return first;
}
