import { signOf } from '../outcome-sign.js';
import { type Html, html } from './html-tag.js';

type Outcome = Parameters<typeof signOf>[0];

const glyphs: Readonly<Record<string, string>> = { '+': '✓', x: '✕', '>': '▸', '-': '–', '!': '!', '?': '?', i: 'i' };

/** The sign of an outcome as the page and its chart show it. */
export function glyphOf(outcome: Outcome): string {
  return glyphs[signOf(outcome).sign] ?? '';
}

/** A sign and a word in the outcome's tone; `word` replaces the usual one. */
export function badge(outcome: Outcome, word = signOf(outcome).word): Html {
  return html`<span class="badge ${signOf(outcome).tone}"><span aria-hidden="true">${glyphOf(outcome)}</span> ${word}</span>`;
}
