/**
 * What the wire's tables say, as TypeScript types in words. The tables are read as source and evaluated with functions
 * of the same names that describe a type where the real ones build a codec.
 */
import { runInNewContext } from 'node:vm';

const NUMBERS = ['int', 'uint', 'hyper', 'uhyper', 'double', 'count'];
const named = (type) => ({ type });

/** The constructors of src/wire/codec.ts, src/wire/struct.ts and src/protocol/procedure.ts, describing. */
const constructors = {
  ...Object.fromEntries(NUMBERS.map((name) => [name, named('number')])),
  wideHyper: named('number | bigint'),
  wideUhyper: named('number | bigint'),
  bool: named('boolean'),
  string: named('string'),
  uuid: named('string'),
  typedParameter: named('TypedParameter'),
  bytes: () => named('Uint8Array'),
  chars: () => named('Uint8Array'),
  charArray: () => named('string'),
  array: (item) => named(listType(item)),
  listOf: (item) => named(listType(item)),
  parameters: () => named('TypedParameter[]'),
  nullable: (item) => ({ type: `${item.type} | null`, whenAbsent: 'null' }),
  optional: (item, value) => ({ type: item.type, whenAbsent: show(value) }),
  fixed: () => ({ type: 'never', isHidden: true }),
  struct: (fields) => ({ type: structType(fields), fields }),
  flags: { type: 'number', whenAbsent: '0' },
  parameterFlags: { type: 'number', whenAbsent: '4' },
  needResults: { type: 'never', isHidden: true },
  call: (_number, args, result) => ({ args, result }),
  longCall: (_number, args, result) => ({ args, result, isLong: true }),
  qemuCall: (_number, args, result) => ({ args, result }),
  streamCall: (stream, _number, args, result) => ({ args, result, stream, isLong: true }),
  countedCall: (_number, { nparams: _nparams, ...args }, result) => ({ args, result: result.fields.params }),
  event: (source, _id, _procedure, payload) => ({ source, payload }),
};

/** The types of src/protocol/types.ts that the package exports, with their fields. */
const EXPORTED = {
  domain: 'Domain',
  network: 'Network',
  storagePool: 'StoragePool',
  storageVol: 'StorageVol',
  secret: 'Secret',
  domainSnapshot: 'DomainSnapshot',
  domainCheckpoint: 'DomainCheckpoint',
  domainStatsRecord: 'DomainStatsRecord',
};

/** All names that a table may use: the constructors, and the constants of `texts` built from them, in their order. */
export function scopeOf(texts) {
  const scope = { ...constructors };
  const pattern = /^(?:export )?const (\w+) = ((?:struct|bytes)\([\s\S]*?\)|[\d_]+);$/gm;
  for (const [, name, source] of texts.flatMap((text) => [...text.matchAll(pattern)])) {
    const value = evaluate(source, scope);
    scope[name] = EXPORTED[name] === undefined ? value : { ...value, type: EXPORTED[name] };
  }
  return scope;
}

/** Name, fields and order of the exported types in a scope. */
export function exportedTypes(scope) {
  return Object.entries(EXPORTED).map(([name, type]) => ({ type, text: structType(scope[name].fields) }));
}

/** The value of one expression of a table. */
export function evaluate(source, scope) {
  return runInNewContext(`(${source})`, scope);
}

/** The arguments as a caller writes them: `?` after those that may be left out, with what is sent then. */
export function argumentsText(args) {
  const visible = Object.entries(args).filter(([, { isHidden }]) => !isHidden);
  return visible.length === 0 ? '' : `{ ${visible.map(([name, codec]) => argumentText(name, codec)).join(', ')} }`;
}

function argumentText(name, { type, whenAbsent }) {
  return whenAbsent === undefined ? `${name}: ${type}` : `${name}?: ${type} = ${whenAbsent}`;
}

export function structType(fields) {
  return `{ ${Object.entries(fields)
    .map(([name, { type }]) => `${name}: ${type}`)
    .join(', ')} }`;
}

function listType({ type }) {
  return type.includes(' | ') ? `Array<${type}>` : `${type}[]`;
}

function show(value) {
  if (ArrayBuffer.isView(value)) return 'no bytes';
  return Array.isArray(value) ? '[]' : String(value);
}
