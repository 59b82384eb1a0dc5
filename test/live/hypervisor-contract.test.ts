/** The libvirt driver keeps the promises of its port on real hosts. */
import { afterAll, beforeAll } from '@jest/globals';
import { describeHypervisor } from '../contracts/hypervisor-contract.js';
import { describeMoves } from '../contracts/move-contract.js';
import { Stage } from './contract/stage.js';
import { labDriver } from './hypervisor-lab.js';
import { labHosts } from './lab.js';

const [first, second] = labHosts() as [string, string];
let stage: Stage;

beforeAll(async () => {
  stage = await Stage.set('contract', [first, second]);
});
afterAll(async () => {
  await stage[Symbol.asyncDispose]();
});

describeHypervisor('libvirt', () => labDriver(stage));
describeMoves('libvirt', () => labDriver(stage));
