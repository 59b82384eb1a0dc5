/**
 * Reads doc comments and declarations out of TypeScript as text. It knows the house format and no more, and throws where
 * a file does not follow it, so that nothing is left out of a document in silence.
 */

const DOC = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*/.source;

/** A doc comment as one line of Markdown. */
export function prose(comment) {
  return (comment ?? '')
    .replace(/^[ \t]*\*[ \t]?/gm, '')
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/@param (\w+)/g, '`$1`:')
    .replace(/\s+/g, ' ')
    .trim();
}

/** The fields of `interface name`: their name, type, whether they may be left out, and what their comment says. */
export function fieldsOf(text, name) {
  const { body } = declaration(text, `export interface ${name}\\b[^{]*\\{`, '\n}');
  const pattern = new RegExp(`(?:${DOC})?\\n?[ ]{2}(?:readonly )?(\\w+)(\\?)?(: |\\([^)]*\\): )([^;]+);`, 'g');
  return [...body.matchAll(pattern)].map(([, comment, field, mark, colon, type]) => ({
    name: colon === ': ' ? field : `${field}${colon.slice(0, -2)}`,
    type: type.replace(/\s+/g, ' ').replace(/ \| undefined$/, ''),
    isOptional: mark === '?',
    text: prose(comment),
  }));
}

/** What stands between `opening` (a pattern) and `closing` (a text), and the doc comment before it. */
export function declaration(text, opening, closing) {
  const match = new RegExp(`(?:${DOC})?${opening}`).exec(text);
  if (match === null) throw new Error(`nothing matches ${opening}`);
  const start = match.index + match[0].length;
  const end = text.indexOf(closing, start);
  return { text: prose(match[1]), body: text.slice(start, end) };
}

/** The exported classes that extend another: name, doc comment and the value of their `code`. */
export function errorClassesOf(text) {
  const pattern = new RegExp(
    `${DOC}export class (\\w+) extends \\w+ \\{\\n\\s+readonly code = '(\\w+)'[\\s\\S]*?\\n\\}`,
    'g',
  );
  return [...text.matchAll(pattern)].map(([, comment, name, code]) => ({ name, code, text: prose(comment) }));
}

/** The exported constant objects: name, doc comment, names of their members. */
export function constantsOf(text) {
  const pattern = new RegExp(`${DOC}export const (\\w+) = \\{([^}]*)\\} as const;`, 'g');
  return [...text.matchAll(pattern)].map(([, comment, name, body]) => ({
    name,
    text: prose(comment),
    members: [...body.matchAll(/^ {2}(\w+):/gm)].map(([, member]) => member),
  }));
}

/** The lines of a table with one entry a line: sections by `// ---` comments, each entry with its doc comment. */
export function tableOf(text, name) {
  const { body } = declaration(text, `export const ${name} = \\{`, '\n} as const;');
  const sections = [];
  let comment = '';
  for (const line of body.split('\n')) {
    const [, title] = /^ {2}\/\/ --- (.+)$/.exec(line) ?? [];
    const [, doc] = /^ {2}\/\*\*(.*)\*\/$/.exec(line) ?? [];
    const [, entry, source] = /^ {2}'?([\w.-]+)'?: (.+),$/.exec(line) ?? [];
    if (title !== undefined) sections.push({ title, entries: [] });
    else if (doc !== undefined) comment = prose(doc);
    else if (entry !== undefined) {
      if (sections.length === 0) sections.push({ title: '', entries: [] });
      sections.at(-1).entries.push({ name: entry, source, text: comment });
      comment = '';
    } else if (line.trim() !== '') throw new Error(`the table ${name} has a line that cannot be read: ${line}`);
  }
  return sections;
}
