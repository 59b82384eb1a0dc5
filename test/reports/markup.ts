/** Elements that HTML closes by itself. */
const voids: readonly string[] = ['meta', 'br'];

/**
 * Names of a document's elements in order, after checking that every element is closed in its turn, every attribute is
 * quoted and every `&` begins an entity. Throws with the place of the first mistake. Style sheets are not looked into.
 */
export function elementsOf(document: string): readonly string[] {
  const open: string[] = [];
  const names: string[] = [];
  const text = document.replace(/^<\?xml[^>]*\?>|^<!doctype html>/, '').replace(/<style>[^]*?<\/style>/g, '<style/>');
  let place = 0;
  for (const match of text.matchAll(/<(\/?)([a-z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*(\/?)>/gi)) {
    const [tag, isEnd, name = '', , isEmpty] = match;
    checkText(text.slice(place, match.index));
    place = match.index + tag.length;
    if (isEnd === '/') {
      const last = open.pop();
      if (last !== name) {
        throw new Error(`</${name}> closes <${last ?? 'nothing'}> at ${match.index}: ${text.slice(place - 80, place)}`);
      }
    } else {
      checkEntities(tag);
      names.push(name);
      if (isEmpty !== '/' && !voids.includes(name)) {
        open.push(name);
      }
    }
  }
  checkText(text.slice(place));
  if (open.length > 0) {
    throw new Error(`never closed: ${open.join(', ')}`);
  }
  return names;
}

function checkText(text: string): void {
  if (/[<>]/.test(text)) {
    throw new Error(`a bracket stands in text: ${text.slice(0, 120)}`);
  }
  checkEntities(text);
}

function checkEntities(text: string): void {
  const bare = /&(?!(?:amp|lt|gt|quot|#39);)/.exec(text);
  if (bare !== null) {
    throw new Error(`a bare & stands in: ${text.slice(bare.index, bare.index + 60)}`);
  }
}
