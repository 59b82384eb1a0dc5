/**
 * A host with twelve idle guests, 96 MiB and one disk of 256 MiB each, is emptied to two others without shared storage: by a
 * serial loop of `virsh migrate`, by the best `xargs -P`, and by Lifeboat, in turn, in the same minutes.
 */
import { bringBack, heard, hostsNamed, labThatIsUp, removeGuests, startGuests, virshLoop } from './evacuation/lab.mjs';
import { evacuate } from './evacuation/lifeboat.mjs';
import { median, medianRatio } from './rounds.mjs';

export const title = 'twelve guests leave a host: Lifeboat, a serial virsh loop, the best xargs -P';
export const needsHosts = false;
export const options = {
  rounds: { type: 'string', default: '3' },
  transport: { type: 'string', default: 'ssh' },
  guests: { type: 'string', default: '12' },
  'at-once': { type: 'string' },
};

/** What the runbook allows at once, and the most that a loop is tried with. */
const AT_ONCE = 8;

export async function bench(_, values) {
  const rounds = Number(values.rounds);
  const names = (process.env.LIFEBOAT_LAB_HOSTS ?? 'north-1,north-2,north-3').split(',');
  const takeDown = await labThatIsUp();
  try {
    const [source, ...targets] = await hostsNamed(names);
    const guests = await startGuests({ prefix: 'bench', count: Number(values.guests), host: source.name });
    const scene = { guests, source, targets, transport: values.transport };
    try {
      const best = values['at-once'] === undefined ? await bestAtOnce(scene) : Number(values['at-once']);
      return summary({ best, rounds, scene, rows: await measure({ scene, best, rounds }) });
    } finally {
      await removeGuests(guests);
    }
  } finally {
    await takeDown();
  }
}

/** How many at once serve a parallel loop best here. */
async function bestAtOnce(scene) {
  const tried = [];
  for (let atOnce = 1; atOnce <= AT_ONCE; atOnce++) {
    const { commandMs } = await loop(scene, atOnce)();
    tried.push({ atOnce, commandMs });
    console.error(`xargs -P ${atOnce}: ${seconds(commandMs)} s`);
    await bringBack(scene);
  }
  return tried.toSorted((a, b) => a.commandMs - b.commandMs)[0].atOnce;
}

/** By contender what each round came to. The order changes from round to round. */
async function measure({ scene, best, rounds }) {
  const contenders = [
    { name: 'serial', work: loop(scene, 1) },
    { name: 'parallel', work: loop(scene, best) },
    { name: 'ours', work: () => evacuate({ ...scene, atOnce: AT_ONCE }) },
    // Downtime grows with what goes on beside it, so it is compared with a loop that does as much at once.
    ...(best === AT_ONCE ? [] : [{ name: 'eight', work: loop(scene, AT_ONCE) }]),
  ];
  const rows = Object.fromEntries(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const turn = contenders.map((_, index) => contenders[(index + round) % contenders.length]);
    for (const { name, work } of turn) {
      const { result, downtimesMs } = await heard(scene.guests, work);
      rows[name].push({ ...result, heardMs: downtimesMs });
      console.error(`round ${round + 1}, ${name}: ${seconds(result.commandMs)} s`);
      await bringBack(scene);
    }
  }
  return rows;
}

function loop(scene, atOnce) {
  return async () => ({ commandMs: await virshLoop({ ...scene, atOnce }) });
}

function summary({ best, rounds, scene, rows }) {
  const all = (name, field) => rows[name].map((row) => row[field]);
  const every = (name, field) => all(name, field).flat();
  const ratio = (field, peer) => Number(medianRatio(all('ours', field), all(peer, 'commandMs')).toPrecision(3));
  const alike = best === AT_ONCE ? 'parallel' : 'eight';
  const gapP99 = percentile(every('ours', 'gapsMs'), 99);
  const ourDowntime = Math.round(median(every('ours', 'heardMs')));
  const theirDowntime = Math.round(median(every(alike, 'heardMs')));
  const ratios = {
    serial: ratio('commandMs', 'serial'),
    command: ratio('commandMs', 'parallel'),
    moves: ratio('movesMs', 'parallel'),
    downtime: Number((ourDowntime / theirDowntime).toPrecision(3)),
  };
  const row = (label, times, heardMs, compared = '') => [
    label,
    seconds(median(times)),
    `${seconds(Math.min(...times))}..${seconds(Math.max(...times))}`,
    heardMs === undefined ? '' : `${Math.round(median(heardMs))} (${heardMs.length})`,
    compared,
  ];
  const loopRow = (label, name, compared) => row(label, all(name, 'commandMs'), every(name, 'heardMs'), compared);
  return {
    table: [
      [
        `${scene.guests.length} guests, ${scene.targets.length} targets, over ${scene.transport}`,
        'seconds',
        `range of ${rounds} rounds`,
        'downtime ms (moves)',
        'ours to it',
      ],
      loopRow('virsh, one after the other', 'serial', String(ratios.serial)),
      loopRow(`virsh, xargs -P ${best}`, 'parallel', `${ratios.command} (moves alone: ${ratios.moves})`),
      ...(alike === 'eight' ? [loopRow(`virsh, xargs -P ${AT_ONCE}`, 'eight')] : []),
      loopRow(`lifeboat evacuate, ${AT_ONCE} at once`, 'ours'),
      row('its moves alone', all('ours', 'movesMs')),
      [`a free slot waits for the next move: p99 ${gapP99} ms of ${every('ours', 'gapsMs').length}`, '', '', '', ''],
    ],
    metrics: {
      commandS: Number(seconds(median(all('ours', 'commandMs')))),
      movesS: Number(seconds(median(all('ours', 'movesMs')))),
      gapP99Ms: gapP99,
      downtimeMs: ourDowntime,
    },
    peers: {
      serialS: Number(seconds(median(all('serial', 'commandMs')))),
      parallelS: Number(seconds(median(all('parallel', 'commandMs')))),
      parallelAtOnce: best,
      downtimeMs: theirDowntime,
    },
    ratios,
  };
}

function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}

function seconds(ms) {
  return (ms / 1e3).toFixed(1);
}
