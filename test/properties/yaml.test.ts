/** Whatever a file holds, reading it gives a value that keeps its promises, or problems that each have a place. */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { type Estate, hostsOf } from '../../src/model/estate.js';
import type { Runbook } from '../../src/model/runbook.js';
import { parseEstate } from '../../src/runbooks/parse-estate.js';
import { parseRunbook } from '../../src/runbooks/parse-runbook.js';
import { formatProblem, type Problem, problemCodes } from '../../src/runbooks/problem.js';
import { damaged, damages, soup } from './yaml-mutations.js';

const estateText = `version: 1
sites:
  north:
    hosts:
      north-1:
        uri: qemu+ssh://root@north-1/system
        address: 10.77.1.11
        fence: { agent: fence_ipmilan, options: { ip: 10.9.0.11, password: { file: ipmi.secret } } }
      north-2: { uri: qemu+ssh://root@north-2/system }
    networks: { prod: br-prod, drill: br-drill }
    images: /var/lib/libvirt/images
  south: { hosts: { south-1: { uri: "qemu+tls://south-1/system" } } }
links:
  north-south: { between: [north, south], rate: 1Gbit, windows: [{ days: mon-fri, from: "08:00", to: "18:00", rate: 200Mbit }] }
tls: required
mail: { smtp: "smtps://mail.example.org", from: lifeboat@example.org, to: [ops@example.org] }
`;

const runbookText = `version: 1
name: payroll
protect: { from: north, to: south }
objectives: { rpo: 30s, rto: 10m }
groups:
  - name: database
    priority: 1
    vms: [db-1, "db-*", { tag: "tier=db" }]
    replicate: { method: mirror }
    ready: [{ probe: guest-agent, within: 60s }, { probe: tcp, port: 5432, within: 60s }]
  - name: web
    after: [database]
    vms:
      - "web-*"
    replicate: { method: block-sync, every: 5m, keep: 12, quiesce: true }
    move: { ladder: [live, throttle, restart], max-downtime: 500ms, deadline: 10m }
keep-apart: [["db-*"]]
limits: { per-host: 2, per-link: 4, bandwidth: 800Mbit }
steps:
  - { at: before-move, uses: run, with: { on: controller, command: [./freeze.sh] }, timeout: 2m }
  - { at: after-group/database, uses: approve, with: { from: [dba], within: 15m } }
triggers:
  - name: north-lost
    when: { all: [{ probe: libvirt, site: north }, { probe: tcp, host: gw, port: 22 }] }
    for: 15s
    start: failover
notify: { mail: true, on: [failed] }
`;

const read = parseEstate(estateText, 'lifeboat.yaml');
const estate: Estate = read.ok ? read.value : { sites: {}, links: {}, tls: 'off', store: { sqlite: '' } };
const seed = 20_260_901;

/** What problems fail to say: where and why, in the order of the file, with nothing that a terminal would obey. */
function placeFaults(text: string, problems: readonly Problem[]): readonly string[] {
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const order = problems.map(({ line, column }) => line * 1e7 + column);
  return [
    ...(problems.length >= 1 && problems.length <= 51 ? [] : [`${problems.length} problems`]),
    ...problems.flatMap((problem) => {
      const { line, column, code, message, frame } = problem;
      const isHere = line >= 1 && line <= lines.length && column >= 1 && column <= (lines[line - 1] ?? '').length + 1;
      const isSaid = problemCodes.includes(code) && message.length > 0 && message.length < 2_000 && frame.includes('^');
      const isTame = !/(?!\n)\p{Cc}/u.test(formatProblem(problem));
      return isHere && isSaid && isTame ? [] : [`a bad problem: ${JSON.stringify(problem)}`];
    }),
    ...(order.every((place, index) => place >= (order[index - 1] ?? 0)) ? [] : ['problems out of order']),
  ];
}

/** What a valid estate fails to keep of its promises, or a refused one of its places. */
function estateFaults(text: string): readonly string[] {
  const parsed = parseEstate(text, 'lifeboat.yaml');
  if (!parsed.ok) {
    return placeFaults(text, parsed.problems);
  }
  const { sites, links } = parsed.value;
  const found = Object.values(sites).flatMap((site) => Object.values(site.hosts));
  const hosts = Object.values(hostsOf(parsed.value));
  const windows = Object.values(links).flatMap((link) => link.windows);
  const rates = [...Object.values(links), ...windows].map(({ bytesPerSecond = 1 }) => bytesPerSecond);
  return [
    ...(hosts.length === found.length ? [] : ['a host name twice']),
    ...hosts.filter(({ uri, address }) => uri === '' || address === '').map(({ name }) => `nothing reaches ${name}`),
    ...rates.filter((rate) => !Number.isSafeInteger(rate) || rate <= 0).map((rate) => `rate ${rate}`),
  ];
}

/** The same for a runbook. */
function runbookFaults(text: string): readonly string[] {
  const parsed = parseRunbook(text, 'runbook.yaml', estate);
  if (!parsed.ok) {
    return placeFaults(text, parsed.problems);
  }
  const { groups, protect } = parsed.value;
  const names = new Set(groups.map(({ name }) => name));
  const sites = [protect.from.site, protect.to.site];
  return [
    ...(names.size === groups.length ? [] : ['a group name twice']),
    ...groups.flatMap(({ after }) => after.filter((name) => !names.has(name))),
    ...sites.filter((site) => !Object.hasOwn(estate.sites, site)),
    ...numbersOf(parsed.value)
      .filter((value) => !Number.isSafeInteger(value) || value < 0)
      .map(String),
    ...(isDeepStrictEqual(JSON.parse(JSON.stringify(parsed.value)), parsed.value) ? [] : ['no JSON']),
  ];
}

/** Every duration, count and rate of a runbook. */
function numbersOf(value: Runbook): readonly number[] {
  const numbers: number[] = [];
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'number') {
      numbers.push(part);
    }
    return part;
  });
  return numbers;
}

describe('of ten thousand YAML texts each is a valid value or is refused with places:', () => {
  it('the whole ones are valid', () => {
    expect(read).toMatchObject({ ok: true });
    expect(parseRunbook(runbookText, 'runbook.yaml', estate)).toMatchObject({ ok: true });
  });

  it('6,000 damaged runbooks', () => {
    const property = fc.property(damages, (all) => runbookFaults(damaged(runbookText, all)).length === 0);
    expect(fc.check(property, { numRuns: 6_000, seed })).toMatchObject({
      counterexample: null,
      failed: false,
      numRuns: 6_000,
    });
  });

  it('2,500 damaged estates', () => {
    const property = fc.property(damages, (all) => estateFaults(damaged(estateText, all)).length === 0);
    expect(fc.check(property, { numRuns: 2_500, seed })).toMatchObject({
      counterexample: null,
      failed: false,
      numRuns: 2_500,
    });
  });

  it('1,500 texts of hostile pieces, as estate and as runbook', () => {
    const property = fc.property(soup, (text) => [...estateFaults(text), ...runbookFaults(text)].length === 0);
    expect(fc.check(property, { numRuns: 1_500, seed })).toMatchObject({
      counterexample: null,
      failed: false,
      numRuns: 1_500,
    });
  });

  it('bytes of every kind', () => {
    const isPlaced = (bytes: Uint8Array) => {
      const parsed = parseRunbook(bytes, 'runbook.yaml', estate);
      return parsed.ok || parsed.problems.every(({ line, column }) => line >= 1 && column >= 1);
    };
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), isPlaced);
    expect(fc.check(property, { numRuns: 300, seed })).toMatchObject({ counterexample: null, failed: false });
    const utf16 = Buffer.from(`\ufeff${runbookText}`, 'utf16le');
    expect([utf16, Buffer.from(utf16).swap16(), Buffer.alloc(50 * 2 ** 20, runbookText)].map(isPlaced)).not.toContain(
      false,
    );
  });
});
