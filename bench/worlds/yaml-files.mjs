/** Runbook files of a given size: real ones, ones that are wrong everywhere, and ones that were made to keep a reader busy. */

const head = 'version: 1\nname: large\nprotect: { from: north, to: south }\n';

export const estateFile = `version: 1
sites:
  north: { hosts: { north-1: { uri: "qemu+ssh://north-1/system" } } }
  south: { hosts: { south-1: { uri: "qemu+ssh://south-1/system" } } }
`;

/** What stands before the repeated part, the part by its index, and what ends the file. */
const shapes = {
  runbook: [
    `${head}groups:\n`,
    (index) => `  - name: group-${index}
    priority: ${(index % 5) + 1}
    vms: [web-${index}, "web-${index}-*", { tag: "tier=t${index}" }]
    after: [${index === 0 ? '' : `group-${index - 1}`}]
    replicate: { method: block-sync, every: 5m, keep: 12, quiesce: true }
    ready: [{ probe: guest-agent, within: 60s }, { probe: tcp, port: 5432, within: 60s }]
`,
  ],
  'one group of many VMs': [`${head}groups:\n  - name: all\n    vms:\n`, (index) => `      - web-${index}\n`],
  'wrong everywhere': [
    `${head}groups:\n`,
    (index) => `  - nme: group-${index}\n    priority: ${index}\n    vms: [5, {}, []]\n    after: [other-${index}]\n`,
  ],
  'circles of groups': [
    `${head}groups:\n`,
    (index) => `  - { name: g${index}, vms: [vm-${index}], after: [g${index + 1}, g${index >> 1}] }\n`,
  ],
  'unknown keys': [head, (index) => `key-${index}: 1\n`],
  'one key again and again': [head, () => 'groups: [1]\n'],
  'selectors twice': [
    `${head}groups: [{ name: a, vms: [b] }]\nkeep-apart:\n`,
    (index) => `  - [vm-${index}, vm-${index}]\n`,
  ],
  'list of letters': [`${head}groups: [`, () => 'a,', ']\n'],
  'empty mappings': [`${head}groups: [`, () => '{},', ']\n'],
  'mapping on one line': ['{ ', (index) => `"k${index}": 1, `, '}\n'],
  'never-ending brackets': ['a: ', () => '['],
  'never-ending lists': ['', () => '- '],
  'bad escapes': ['a: "', () => '\\q', '"\n'],
  'alias bomb': ['', (index) => `a${index}: &a${index} [*a${index - 1}, *a${index - 1}]\n`],
  'folded text': ['a: "', () => 'x\n ', '"\n'],
  'empty lines': ['', () => '\n'],
  comments: [head, () => '# a comment\n'],
  'lines of tabs': ['a:\n', () => '\tb: 1\n'],
};

export const shapeNames = Object.keys(shapes);

/** A file of the shape, as large as whole parts allow. */
export function fileOf(shape, sizeBytes) {
  const [begin, part, end = ''] = shapes[shape];
  const parts = [begin];
  let left = sizeBytes - begin.length - end.length;
  for (let index = 0; ; index++) {
    const text = part(index);
    left -= text.length;
    if (left < 0) return [...parts, end].join('');
    parts.push(text);
  }
}
