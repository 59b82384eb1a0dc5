import { visible } from '../visible.js';

/** Text that is known to be HTML: made by `html` or `raw` and by nothing else. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = Html | string | number | undefined | false | readonly Part[];

/**
 * A template whose values are escaped, for content and for attributes in double quotes alike. HTML made by the same tag
 * is kept; lists are joined; `undefined` and `false` give nothing. Control characters, which HTML forbids, are made visible.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(strings.reduce((text, string, index) => text + render(parts[index - 1]) + string));
}

/** The program's own constant text, such as a style sheet. Never give it what a journal says. */
export function constant(text: string): Html {
  return new Html(text);
}

function render(part: Part): string {
  if (part instanceof Html) {
    return part.text;
  }
  if (part === undefined || part === false) {
    return '';
  }
  return typeof part === 'object' ? part.map(render).join('') : escapeMarkup(`${part}`);
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * Safe as content and as a quoted attribute of HTML and XML. Control characters and those that turn the direction of
 * writing become `\\u{…}`: neither may hide what a name is.
 */
export function escapeMarkup(text: string): string {
  return visible(text).replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** The same for text of several lines, whose line ends are kept. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(escapeMarkup).join('\n');
}

/** Escaped text of several lines, for a `<pre>`. */
export function lines(text: string): Html {
  return new Html(escapeLines(text));
}
