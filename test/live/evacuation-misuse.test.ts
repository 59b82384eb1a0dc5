/** What an evacuation of real hosts refuses, and with which exit code. */
import { describe, expect, it } from '@jest/globals';
import { Estate } from './evacuation/estate.js';
import { imagesOn, knownTo, sightings, startGuests } from './evacuation/scene.js';
import { lab, labHosts, uriOf } from './lab.js';

const hosts = labHosts();
const [source, target] = hosts as [string, string];

describe('evacuate', () => {
  it('refuses a host that the estate lacks, and names those it has', async () => {
    using estate = new Estate(hosts);
    const { code, stderr } = await estate.run('evacuate', 'north-9');
    expect(code).toBe(64);
    expect(stderr).toContain(source);
  });

  it('says which host cannot be reached, and changes nothing', async () => {
    using estate = new Estate(hosts, (host) =>
      host === source ? uriOf.tcp(host).replace('/system', ':16599/system') : uriOf.tcp(host),
    );
    const { code, stderr } = await estate.run('evacuate', source);
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining(source) });
  });

  it('finds an empty host empty', async () => {
    using estate = new Estate(hosts);
    const { code, stdout } = await estate.run('evacuate', source);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('observed empty') });
    expect((await estate.run('return', source)).code).toBe(0);
  });

  it('refuses a plan that the world has left behind, and moves nothing', async () => {
    using estate = new Estate(hosts);
    await using guests = await startGuests(['ev-late-1'], source);
    const plan = estate.write('plan.json', '');
    const runbook = estate.write(
      'empty.yaml',
      `version: 1
name: empty
protect: { from: { host: ${source} }, to: ${source.split('-')[0]} }
groups: [{ name: all, vms: ["ev-late-*"] }]
`,
    );
    expect(await estate.run('plan', runbook, '--mode', 'evacuate', '--out', plan)).toMatchObject({ code: 0 });
    await using late = await startGuests(['ev-late-2'], source);
    const files = imagesOn(target);
    const { code, stderr } = await estate.run('run', '--plan', plan);
    expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringMatching(/stale/) });
    const names = [...guests, ...late].map(({ name }) => name);
    for (const sighting of Object.values(await sightings(names, hosts)))
      expect(sighting).toEqual([expect.objectContaining({ host: source, isRunning: true })]);
    expect(imagesOn(target)).toEqual(files);
  });

  it('leaves a VM alone that only one of the hosts can run, and moves the others', async () => {
    using estate = new Estate(hosts.slice(0, 2));
    await using guests = await startGuests(['ev-plain'], source);
    await using picky = await startGuests(['ev-picky'], source, '--needs', 'aes');
    await lab('cpu', target, 'restricted');
    try {
      const { code } = await estate.run('evacuate', source);
      expect(code).toBe(3);
      const now = await sightings(
        [...guests, ...picky].map(({ name }) => name),
        hosts,
      );
      expect(now['ev-plain']).toEqual([expect.objectContaining({ host: target, isRunning: true })]);
      expect(now['ev-picky']).toEqual([expect.objectContaining({ host: source, isRunning: true })]);
      expect(await knownTo(source)).toEqual(['ev-picky']);
      expect((await estate.run('return', source)).code).toBe(0);
    } finally {
      await lab('cpu', target, 'full');
    }
  });
});
