import { DOMParser, type Element, XMLSerializer } from '@xmldom/xmldom';

/** libvirt's documents, read and edited so that what is not edited stays as its owner wrote it. */

/** The root of a document of libvirt. Throws what xmldom throws when it is none. */
export function parseXml(text: string): Element {
  const root = new DOMParser().parseFromString(text, 'text/xml').documentElement;
  if (root === null) {
    throw new Error('libvirt gave a document without a root');
  }
  return root;
}

export function textOfXml(root: Element): string {
  return new XMLSerializer().serializeToString(root);
}

/** Elements of this name right below the parent. */
export function children(parent: Element, name: string): readonly Element[] {
  return [...parent.childNodes].filter(
    (node): node is Element => node.nodeType === node.ELEMENT_NODE && node.nodeName === name,
  );
}

/** The first element at the path below the parent: `child(domain, 'os', 'type')`. */
export function child(parent: Element, ...path: readonly string[]): Element | undefined {
  let at: Element | undefined = parent;
  for (const name of path) {
    at = at === undefined ? undefined : children(at, name)[0];
  }
  return at;
}

/** The text of the element at the path; undefined when there is none. */
export function textAt(parent: Element, ...path: readonly string[]): string | undefined {
  return child(parent, ...path)?.textContent ?? undefined;
}

/** An attribute of the element at the path; undefined when either is absent. */
export function attributeAt(parent: Element, name: string, ...path: readonly string[]): string | undefined {
  return child(parent, ...path)?.getAttribute(name) ?? undefined;
}

/** Elements of the domain's `<devices>`. */
export function devices(domain: Element, name: string): readonly Element[] {
  return children(domain, 'devices').flatMap((each) => children(each, name));
}

/** Text as it stands in a document. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
