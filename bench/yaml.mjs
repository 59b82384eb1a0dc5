/**
 * How long it takes to read a runbook file and to check it, or to refuse it: real files, files that are wrong everywhere, and
 * files made to keep a reader busy, at 64 KiB and at 1 MiB, the real one at 4 MiB too. The peer is the YAML library alone,
 * reading the same real file into plain values without checking it.
 */
import { interleave, median, medianRatio } from './rounds.mjs';
import { estateFile, fileOf, shapeNames } from './worlds/yaml-files.mjs';

export const title = 'time to read, check or refuse runbook files, hostile ones included';
export const needsHosts = false;

const ROUNDS = 7;
const KIB = 2 ** 10;
/** Most that is allowed: for a file of 64 KiB, and for each KiB of a larger one. */
const SMALL_MS_MAX = 250;
const MS_PER_KIB_MAX = 2;
const SIZES = { small: 64 * KIB, large: KIB * KIB, largest: 4 * KIB * KIB };

export async function bench() {
  const read = await reader();
  const firstMs = timed(() => read(fileOf('runbook', SIZES.small))).seconds * 1e3;
  const library = await import('yaml');
  const files = Object.entries(SIZES).flatMap(([size, bytes]) =>
    (size === 'largest' ? ['runbook'] : shapeNames).map((shape) => ({
      name: `${shape} ${size}`,
      text: fileOf(shape, bytes),
    })),
  );
  const contenders = [
    ...files.map(({ name, text }) => ({ name, run: async () => timed(() => read(text)) })),
    ...['small', 'largest'].map((size) => {
      const text = fileOf('runbook', SIZES[size]);
      return { name: `library ${size}`, run: async () => timed(() => library.parse(text, { uniqueKeys: false })) };
    }),
    { name: 'too large', run: async () => timed(() => read('a'.repeat(SIZES.largest + 1))) },
  ];
  const rates = {};
  // One after the other, since a round of all of them would be minutes long and compare nothing.
  for (const group of groupsOf(contenders)) {
    Object.assign(rates, await interleave({ rounds: ROUNDS, slices: 1, contenders: group }));
  }
  return summary(rates, firstMs);
}

/** The library takes turns with the reading of the same file; the others have no peer. */
function groupsOf(contenders) {
  const peers = ['small', 'largest'].map((size) => [`runbook ${size}`, `library ${size}`]);
  const alone = contenders.map(({ name }) => name).filter((name) => !peers.flat().includes(name));
  return [...peers, ...alone.map((name) => [name])].map((names) =>
    contenders.filter(({ name }) => names.includes(name)),
  );
}

async function reader() {
  const { parseEstate } = await import('../build/runbooks/parse-estate.js');
  const { parseRunbook } = await import('../build/runbooks/parse-runbook.js');
  const estate = parseEstate(estateFile, 'lifeboat.yaml');
  if (!estate.ok) throw new Error(`the estate of this bench is refused: ${estate.problems[0].message}`);
  return (text) => parseRunbook(text, 'runbook.yaml', estate.value);
}

function timed(act) {
  const start = process.hrtime.bigint();
  act();
  return { calls: 1, seconds: Number(process.hrtime.bigint() - start) / 1e9 };
}

function summary(rates, firstMs) {
  const ms = (name) => 1e3 / median(rates[name]);
  const perKib = (shape, size = 'large') => ms(`${shape} ${size}`) / (SIZES[size] / KIB);
  const worst = (cost) => Math.max(...shapeNames.map((shape) => cost(shape)));
  const small = (shape) => ms(`${shape} small`);
  const metrics = {
    firstMs: round(firstMs),
    runbook64KibMs: round(small('runbook')),
    worst64KibMs: round(worst(small)),
    allowed64KibMs: SMALL_MS_MAX,
    runbook4MibMsPerKib: round(perKib('runbook', 'largest')),
    worst1MibMsPerKib: round(worst(perKib)),
    allowedMsPerKib: MS_PER_KIB_MAX,
    over4MibMs: round(ms('too large')),
  };
  const compared = (size) => round(medianRatio(rates[`runbook ${size}`], rates[`library ${size}`]));
  return {
    table: [
      ['file', '64 KiB, ms', '1 MiB, ms', 'ms per KiB'],
      ...shapeNames.map((shape) => [
        shape,
        ...[small(shape), ms(`${shape} large`), perKib(shape)].map((value) => String(round(value))),
      ]),
      ['runbook of 4 MiB', '', String(round(ms('runbook largest'))), String(metrics.runbook4MibMsPerKib)],
      ['over 4 MiB', '', String(metrics.over4MibMs), ''],
    ],
    metrics,
    peers: { library64KibMs: round(ms('library small')), library4MibMs: round(ms('library largest')) },
    ratios: { library64Kib: compared('small'), library4Mib: compared('largest') },
  };
}

function round(value) {
  return Number(value.toPrecision(3));
}
