import { describe, expect, it } from '@jest/globals';
import type { Estate } from '../../model/estate.js';
import type { DefineInput } from '../../model/step-input.js';
import { cloneRefusal } from './clone-safety.js';

const estate: Estate = {
  sites: {
    south: { name: 'south', hosts: {}, networks: { prod: 'br-prod', drill: 'br-drill' }, images: '/i', replicas: '/r' },
    east: { name: 'east', hosts: {}, networks: { prod: 'br-prod' }, images: '/i', replicas: '/r' },
  },
  links: {},
  tls: 'required',
  store: { sqlite: '/db' },
};

function clone(parts: Partial<DefineInput['definition']>, site = 'south'): DefineInput {
  return {
    at: { site, host: `${site}-1` },
    disksFrom: 'overlay',
    definition: {
      id: 'clone-id',
      name: 'drill-db-1-7',
      memoryBytes: 1,
      vcpus: 1,
      networks: ['br-drill'],
      hasAgent: true,
      tags: [],
      hasAutostart: false,
      cloneOf: 'id-1',
      ...parts,
    },
  };
}

describe('cloneRefusal', () => {
  it.each<[string, DefineInput]>([
    ['on a production network', clone({ networks: ['br-prod'] })],
    ['on the drill network and another', clone({ networks: ['br-drill', 'br-prod'] })],
    ['at a site without a drill network', clone({}, 'east')],
    ["with the original's id", clone({ id: 'id-1' })],
    ["with a name that is not a clone's", clone({ name: 'db-1' })],
    ['that starts by itself', clone({ hasAutostart: true })],
  ])('refuses a clone %s', (_name, input) => {
    expect(cloneRefusal(input, estate)).toMatchObject({ code: 'unsafe-clone', kind: 'precondition' });
  });

  it('lets a renamed clone on the isolated network pass', () => {
    expect(cloneRefusal(clone({}), estate)).toBeUndefined();
    expect(cloneRefusal(clone({ networks: ['br-drill', 'br-drill'] }), estate)).toBeUndefined();
    expect(cloneRefusal(clone({ networks: [] }), estate)).toBeUndefined();
  });

  it('has nothing to say of a VM that is no clone', () => {
    const { cloneOf: _, ...definition } = clone({ networks: ['br-prod'] }).definition;
    expect(cloneRefusal({ ...clone({}), definition }, estate)).toBeUndefined();
  });
});
