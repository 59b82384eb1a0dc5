/**
 * The text with every control and formatting character written as `\u{…}`, so that a hostile name can neither break a
 * line, steer a terminal nor turn the direction of writing.
 */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\u{fffe}\u{ffff}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
