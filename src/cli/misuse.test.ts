import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newFolder, runInMemory, wordsOf } from '../../test/cli/memory-environment.js';

let folder: string;
let empty: string;

beforeAll(async () => {
  folder = newFolder();
  empty = newFolder();
  await runInMemory(['init'], { folder });
  mkdirSync(join(folder, 'a-folder'));
  mkdirSync(join(folder, 'a-world'));
  writeFileSync(join(folder, 'a-world', 'world.json'), '{"format":9}');
  writeFileSync(join(folder, 'bad.yaml'), 'version: 1\nname: bad\nprotect: { from: north, to: sotuh }\ngroupz: []\n');
  writeFileSync(join(folder, 'latin.yaml'), Buffer.from([0x6e, 0xe4, 0x0a]));
  writeFileSync(join(folder, 'plan.json'), '{"kind":"Plan"}');
  writeFileSync(join(folder, 'no.json'), 'nothing');
  writeFileSync(join(folder, 'faults.yaml'), '[{ at: 1s, fault: { kind: host-explodes, host: north-1 } }]');
  writeFileSync(join(folder, 'faults2.yaml'), '[{ fault: { kind: host-dies, host: north-1 } }]');
});

afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(empty, { recursive: true });
});

const payroll = 'runbooks/payroll.yaml';

describe('a mistake on the command line', () => {
  it.each<[line: string, exitCode: number, says: readonly string[]]>([
    ['plna x', 64, ["unknown command 'plna'", 'Did you mean plan?', '`lifeboat --help`']],
    [`plan ${payroll} --mdoe drill`, 64, ["unknown option '--mdoe'", 'Did you mean --mode?', '`lifeboat plan --help`']],
    [`plan ${payroll} --simulat`, 64, ["unknown option '--simulat'", 'Did you mean --simulate?']],
    ['plan', 64, ["missing required argument 'RUNBOOK|HOST'", '`lifeboat plan --help`']],
    [`plan ${payroll} other.yaml`, 64, ['too many arguments', '`lifeboat plan --help`']],
    [`plan ${payroll} --mode`, 64, ['argument missing', '--mode']],
    [`plan ${payroll} --mode sail`, 64, ["'sail' is invalid", 'evacuate, relocate, failover']],
    [`plan ${payroll} --mode drill -o html`, 64, ['-o html is not a format', 'text or json']],
    [`plan ${payroll} --color sometimes`, 64, ["'sometimes' is invalid", 'auto, always, never']],
    [`plan ${payroll} --mode drill`, 64, ['drill needs replicas', 'Add --simulate', 'evacuate']],
    [`plan ${payroll}`, 64, ['--mode is missing', '--mode evacuate']],
    [`failover ${payroll} --confirm payroll`, 64, ['failover needs replicas', 'Add --simulate']],
    ['evacuate north-1 --simulate-lose north-2', 64, ['--simulate-lose is for a simulated world', 'Add --simulate']],
    ['plan runbooks/none.yaml --simulate', 64, ['cannot read runbooks/none.yaml', 'no such file', 'Name a file']],
    ['plan a-folder --simulate', 64, ['cannot read a-folder', 'it is a folder']],
    ['plan latin.yaml --simulate', 65, ['latin.yaml is not UTF-8', 'Save it as UTF-8']],
    ['plan bad.yaml --simulate', 65, ['bad.yaml:3:', 'sotuh', 'south', 'bad.yaml:4:', 'groupz']],
    [`plan ${payroll} --simulate --estate none.yaml`, 64, ['cannot read none.yaml']],
    [`plan ${payroll} --simulate --speed fast`, 64, ['--speed fast is no speed', '20 or 0.5, or max']],
    [`plan ${payroll} --simulate --speed -1`, 64, ['--speed']],
    [`plan ${payroll} --simulate --simulate-lose west`, 64, ['west is neither a site nor a host', 'north, south']],
    [`plan ${payroll} --simulate --faults none.yaml`, 64, ['cannot read none.yaml']],
    [`plan ${payroll} --simulate --faults faults.yaml`, 65, ['kind host-explodes', 'host-dies']],
    [`plan ${payroll} --simulate --faults faults2.yaml`, 65, ['fault 1', 'at']],
    [`plan ${payroll} --simulate --out a/b/plan.json`, 64, ['cannot write a/b/plan.json']],
    [`plan ${payroll} --simulate --limit db-9`, 65, ['db-9']],
    [`plan ${payroll} --mode failover --simulate --point 2027-99-99T00:00Z`, 64, ['is no time', '2027-01-31T12:00Z']],
    [`failover ${payroll} --simulate --confirm payroll --attest north-1`, 64, ['--attest north-1 has no reason']],
    [
      `failover ${payroll} --simulate --confirm payroll --attest x=y`,
      64,
      ['--attest x is no host', 'north-1, north-2'],
    ],
    [`failover ${payroll} --simulate`, 64, ['has to be confirmed', '--confirm payroll']],
    [`failover ${payroll} --simulate --confirm payrol`, 64, ['--confirm payrol is not the name', '--confirm payroll']],
    [`failover ${payroll} --simulate --confirm payroll`, 5, ['source-alive', 'failover --planned']],
    ['run --simulate', 64, ['neither a runbook nor a plan', '--plan FILE']],
    [`run ${payroll} --simulate`, 64, ['--mode is missing', 'drill']],
    [`run ${payroll} --plan plan.json --simulate`, 64, ['a runbook and --plan']],
    ['run --plan plan.json --simulate', 65, ['plan.json is no saved plan', 'lifeboat plan']],
    ['run --plan no.json --simulate', 65, ['no.json is no saved plan']],
    ['runs --simulate --limit none', 64, ['--limit none is no count']],
    ['watch r-none --simulate', 64, ['no run r-none', '`lifeboat drill RUNBOOK`']],
    ['report last --simulate', 64, ['no run yet']],
    ['report last --simulate -o pdf', 64, ['-o pdf is not a format', 'junit']],
    ['retry r-none --simulate', 64, ['no run r-none']],
    ['attest last north-1 --simulate', 64, ['how you know', '--reason']],
    ['attest last --simulate', 64, ["missing required argument 'HOST'"]],
    ['authority db-9 --simulate', 64, ['no VM db-9']],
    ['evacuate north-9 --simulate', 64, ['north-9 is neither a host', 'north-1, north-2']],
    [`validate ${payroll} --paths`, 64, ['--paths walks plans', 'Add --simulate']],
    [`drill ${payroll} --simulate --simulate-dir a-world`, 65, ['world.json is no simulated world', '--simulate-dir']],
    [
      `drill ${payroll} --simulate --simulate-dir no.json`,
      64,
      ['cannot hold a simulated world', 'a file of that name'],
    ],
    ['drill lifeboat.yaml --simulate', 65, ['lifeboat.yaml is an estate, not a runbook']],
    ['completion tcsh', 64, ['no script for tcsh', 'bash, zsh, fish']],
    ['init', 64, ['payroll.yaml is there already', '--force']],
    ['init --name Payroll', 64, ['--name Payroll is no name']],
    ['help sailing', 64, ['no command or topic', 'exit-codes']],
  ])('lifeboat %s ends with %i and says what to do', async (line, exitCode, says) => {
    const ended = await runInMemory(wordsOf(line), { folder });
    expect(ended).toMatchObject({ exitCode, stdout: '' });
    for (const words of says) {
      expect(ended.stderr).toContain(words);
    }
  });

  it('shows the help, as an error, when nothing was typed', async () => {
    const ended = await runInMemory([], { folder });
    expect(ended).toMatchObject({ exitCode: 64, stdout: '' });
    expect(ended.stderr).toContain('Usage: lifeboat COMMAND');
  });

  it('without an estate names the places where it was looked for', async () => {
    const ended = await runInMemory(['runs', '--simulate'], { folder: empty });
    expect(ended.exitCode).toBe(64);
    expect(ended.stderr).toContain('/etc/lifeboat/lifeboat.yaml');
    expect(ended.stderr).toContain('lifeboat init');
  });

  it('takes the estate from LIFEBOAT_ESTATE', async () => {
    const variables = { LIFEBOAT_ESTATE: join(folder, 'lifeboat.yaml') };
    const ended = await runInMemory(['validate', join(folder, payroll)], { folder: empty, variables });
    expect(ended.exitCode).toBe(0);
  });
});
