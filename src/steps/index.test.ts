import { describe, expect, it } from '@jest/globals';
import { type StepKind, stepKinds } from '../model/plan.js';
import type { StepInputs } from '../model/step-input.js';
import { inputProblems, stepTypes } from './index.js';

const at = { site: 'south', host: 'south-1' };
const from = { site: 'north', host: 'north-1' };
const vm = { vm: 'db-1', id: 'id-1', at };
const move = { vm: 'db-1', id: 'id-1', from, to: at, maxDowntimeMs: 500 };

const inputs: { readonly [Kind in StepKind]: readonly StepInputs[Kind][] } = {
  approve: [{ from: [], withinMs: 1, otherwise: 'pause' }],
  check: [
    { about: 'vm-state', state: 'running', ...vm },
    { about: 'host-empty', host: 'north-1' },
    { about: 'replica', vm: 'db-1', at, point: 'newest' },
  ],
  cleanup: [
    { what: 'clone', vmOverlay: 'db-1', overlayStep: 'vm/db-1/overlay', ...vm },
    { what: 'merge', vm: 'db-1', at, overlayStep: 'vm/db-1/overlay' },
    { what: 'source', ...vm },
  ],
  cordon: [{ host: 'north-1' }, { host: 'north-1', lift: true }],
  define: [
    {
      at,
      definition: {
        id: 'id-1',
        name: 'db-1',
        memoryBytes: 1,
        vcpus: 1,
        networks: [],
        hasAgent: true,
        tags: [],
        hasAutostart: true,
      },
      disksFrom: 'overlay',
    },
  ],
  fence: [{ host: 'north-1' }],
  migrate: [
    { ...move, state: 'running', ladder: ['live', 'pause', 'restart'], copyStorage: 'overlay' },
    { ...move, state: 'shut-off', ladder: [], copyStorage: 'all', shared: ['vdb'], replacesStale: true },
  ],
  notify: [{ message: 'Hello' }],
  overlay: [{ vm: 'db-1', at, purpose: 'clone', point: { id: 'p1' } }],
  place: [{ ...vm, memoryBytes: 1, vcpus: 1, networks: ['br-prod'], diskBytes: 0 }],
  promote: [{ vm: 'db-1', at, point: 'newest' }],
  ready: [
    { ...vm, check: { probe: 'guest-agent', withinMs: 1 } },
    { ...vm, check: { probe: 'tcp', port: 5432, withinMs: 1 } },
    { ...vm, check: { probe: 'http', url: 'http://x', status: 200, withinMs: 1 } },
    { ...vm, check: { probe: 'command', command: ['true'], withinMs: 1 } },
  ],
  reverse: [{ vm: 'db-1', from: at, to: from }],
  run: [{ on: 'controller', command: ['true'], repeatable: false }],
  shutdown: [vm, { ...vm, hasAutostart: true }],
  start: [vm],
  sync: [{ vm: 'db-1', from, to: at }],
  wait: [{ forMs: 1 }],
};

describe('stepTypes', () => {
  it.each(stepKinds)('has %s under its own name, and takes every input that the model allows', (kind) => {
    expect(stepTypes[kind].kind).toBe(kind);
    expect(inputs[kind].flatMap((input) => inputProblems(kind, input))).toEqual([]);
  });

  it.each(stepKinds)('refuses an unknown key in the input of %s', (kind) => {
    const strange = inputs[kind].flatMap((input) => inputProblems(kind, { ...input, hosst: 'x' }));
    expect(strange).toEqual(inputs[kind].map(() => 'the input must NOT have additional properties: hosst'));
  });
});

describe('inputProblems', () => {
  it.each<[StepKind, unknown, readonly string[]]>([
    ['fence', {}, ["the input must have required property 'host'"]],
    ['start', { ...vm, at: { site: 'south' } }, ["/at must have required property 'host'"]],
    ['check', { about: 'weather' }, ['the input value of tag "about" must be in oneOf']],
    ['check', { about: 'host-empty' }, ["the input must have required property 'host'"]],
    ['ready', { ...vm, check: { probe: 'tcp', port: 70_000, withinMs: 1 } }, ['/check/port must be <= 65535']],
  ])('says of a wrong %s what is wrong with the shape that was meant', (kind, input, problems) => {
    expect(inputProblems(kind, input)).toEqual(problems);
  });
});
