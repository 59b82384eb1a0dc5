import { resolve } from 'node:path';
import type { OutputFormat } from './command-spec.js';
import type { Environment } from './environment.js';
import { usage } from './refusal.js';
import { type ColourMode, createStyle, isColoured, type Style } from './style.js';

/** One command as it was typed, with its surroundings. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly format: OutputFormat;
  readonly environment: Environment;
  /** Colours of standard output. */
  readonly style: Style;
  /** Colours of standard error. */
  readonly noteStyle: Style;
}

export function createCall(options: {
  readonly command: string;
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly formats: readonly OutputFormat[];
  readonly environment: Environment;
}): Call {
  const { command, formats, environment } = options;
  const given = options.options['output'];
  const asked = typeof given === 'string' ? given : formats[0];
  const format = formats.find((one) => one === asked);
  if (format === undefined) {
    throw usage(`lifeboat ${command}: -o ${asked ?? ''} is not a format of this command`, `Use ${either(formats)}.`);
  }
  const mode = (options.options['color'] ?? 'auto') as ColourMode;
  return {
    command,
    args: options.args,
    options: options.options,
    format,
    environment,
    style: createStyle(isColoured(mode, environment, environment.stdout)),
    noteStyle: createStyle(isColoured(mode, environment, environment.stderr)),
  };
}

/** The value of an option; undefined when it was left out. */
export function optionText(call: Call, name: string): string | undefined {
  const value = call.options[name];
  return typeof value === 'string' ? value : undefined;
}

/** All values of an option that may be repeated. */
export function optionTexts(call: Call, name: string): readonly string[] {
  const value = call.options[name];
  return Array.isArray(value) ? value.map(String) : [];
}

export function optionFlag(call: Call, name: string): boolean {
  return call.options[name] === true;
}

/** The argument at a position; the parser has made sure of the required ones. */
export function argument(call: Call, index: number): string {
  const value = call.args[index];
  if (value === undefined) {
    throw usage(`lifeboat ${call.command}: an argument is missing`, `\`lifeboat ${call.command} --help\` shows which.`);
  }
  return value;
}

/** Who asks. */
export function operatorOf(call: Call): string {
  return optionText(call, 'as') ?? call.environment.operator;
}

/** A path as typed, made absolute. */
export function pathOf(call: Call, path: string): string {
  return resolve(call.environment.folder, path);
}

/** Writes data for the reader or the next program. */
export function data(call: Call, text: string): void {
  call.environment.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
}

/** Writes one JSON document; its members may be added to, never changed. */
export function document(call: Call, kind: string, members: object): void {
  data(call, JSON.stringify({ apiVersion: 'lifeboat/v1', kind, ...members }, undefined, 2));
}

/** Says something to the person, on standard error; `--quiet` leaves it out. */
export function note(call: Call, text: string): void {
  if (!optionFlag(call, 'quiet')) {
    call.environment.stderr.write(`${text}\n`);
  }
}

/** `a`, `a or b`, `a, b or c`. */
export function either(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
