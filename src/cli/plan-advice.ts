import type { Finding } from '../model/finding.js';
import type { Plan } from '../model/plan.js';
import { renamed } from './plan-shapes.js';
import { clean, type Style } from './style.js';

/** Names that stand in full before a group is only counted. */
const namesAtOnce = 6;

/** Findings with sign, word and mend; what is said of several subjects alike is said once. */
export function findingsText(findings: readonly Finding[], style: Style): string {
  const groups = grouped(findings, ({ severity, subject, message, hint, code }) => ({
    subject: clean(subject),
    key: [severity, code, renamed(message, subject, ''), renamed(hint ?? '', subject, '')].join('\n'),
  }));
  return groups
    .map(({ first, subjects }) => {
      const { severity, message, hint, code, subject } = first;
      const head = {
        info: style.accent('i info'),
        warning: style.warn('! warning'),
        blocker: style.bad('✗ blocker'),
      }[severity];
      const isOne = subjects.length === 1;
      const say = (text: string): string => clean(isOne ? text : renamed(text, subject, 'VM'));
      return `${head}  ${listed(subjects)}: ${say(message)} [${code}]\n${hint === undefined ? '' : `    ${say(hint)}\n`}`;
    })
    .join('');
}

/** VMs that a run leaves alone, those with the same reason together. */
export function skippedLines(skipped: Plan['skipped']): readonly string[] {
  const groups = grouped(skipped, ({ vm, code, reason }) => ({
    subject: clean(vm),
    key: `${code}\n${renamed(reason, vm, '')}`,
  }));
  return groups.map(({ first: { vm, reason, code }, subjects }) => {
    const text = subjects.length === 1 ? reason : renamed(reason, vm, 'VM');
    return `${listed(subjects)}: ${clean(text)} [${code}]`;
  });
}

interface Group<Item> {
  readonly first: Item;
  readonly subjects: readonly string[];
}

function grouped<Item>(
  items: readonly Item[],
  about: (item: Item) => { readonly subject: string; readonly key: string },
): readonly Group<Item>[] {
  const groups = new Map<string, { readonly first: Item; readonly subjects: string[] }>();
  for (const item of items) {
    const { subject, key } = about(item);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { first: item, subjects: [subject] });
    } else {
      group.subjects.push(subject);
    }
  }
  return [...groups.values()];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namesAtOnce);
  const rest = names.length - shown.length;
  return rest === 0 ? shown.join(', ') : `${shown.join(', ')} and ${rest} more`;
}
