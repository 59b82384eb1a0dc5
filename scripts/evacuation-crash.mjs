/**
 * Kills Lifeboat with SIGKILL at random instants while it empties a host of the lab and while it fills it again, has the next
 * process take each run up, and checks that every VM is whole, alive once and where it should be. Needs the lab and root.
 * usage: npm run test:evacuate:crash -- [--kills 20] [--seed 1] [--guests 3]
 */
import { spawnSync } from 'node:child_process';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { run } from './run.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    seed: { type: 'string', default: '1' },
    guests: { type: 'string', default: '3' },
  },
});

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
run('build', process.execPath, ['scripts/build.mjs']);
// It says itself what to do when there is no lab.
if (spawnSync('lab/lab', ['status'], { stdio: ['ignore', 'ignore', 'inherit'] }).status !== 0) process.exit(1);
register('../test/crash/typescript.mjs', import.meta.url);
const { labHosts } = await import('../test/live/lab.ts');
const { startAudit } = await import('../test/live/guest.ts');
const { Estate } = await import('../test/live/evacuation/estate.ts');
const { killAndTakeUp, lastedMs, randomFrom } = await import('../test/live/evacuation/killing.ts');
const { losses, poolsOn, sightings, startGuests } = await import('../test/live/evacuation/scene.ts');

const hosts = labHosts();
const [source] = hosts;
const random = randomFrom(Number(values.seed));
const names = Array.from({ length: Number(values.guests) }, (_, index) => `ev-crash-${index + 1}`);
const guests = await startGuests(names, source, '--disks', '2');
const estate = new Estate(hosts);
let failures = 0;
try {
  const whole = { evacuate: await timed('evacuate'), return: await timed('return') };
  console.log(
    `${names.length} guests of two disks; emptying takes ${whole.evacuate} ms here, filling ${whole.return} ms; ` +
      `${values.kills} kills at random instants of it, seed ${values.seed}`,
  );
  console.log('kill   of         after ms   entries   taken up   VMs whole   live twice');
  for (let kill = 1; kill <= Number(values.kills); kill++) {
    const command = kill % 2 === 1 ? 'evacuate' : 'return';
    await trial({ kill, command, afterMs: Math.round(random() * whole[command]) });
  }
} finally {
  estate[Symbol.dispose]();
  await guests[Symbol.asyncDispose]();
}
console.log(failures === 0 ? `all ${values.kills} came to the same end` : `${failures} of ${values.kills} did not`);
process.exit(failures === 0 ? 0 : 1);

async function timed(command) {
  return lastedMs(await estate.document(command, source));
}

async function trial({ kill, command, afterMs }) {
  const audit = await startAudit();
  const { entries, code, said } = await killAndTakeUp(estate, { args: [command, source], afterMs });
  const wrong = await faults(command);
  const doubles = await audit.stop().then(
    () => '',
    (error) => error.message,
  );
  const isGood = code === 0 && wrong.length === 0 && doubles === '';
  if (!isGood) failures++;
  const cells = [
    String(kill).padStart(4),
    command.padEnd(8),
    String(afterMs).padStart(10),
    String(entries).padStart(7),
    (code === 0 ? 'ok' : `ended with ${code}`).padEnd(8),
    (wrong.length === 0 ? 'all' : `NOT ALL`).padEnd(9),
    doubles === '' ? 'none' : 'SOME',
  ];
  console.log(cells.join('   '));
  if (!isGood) console.log([...wrong, doubles, said].join('\n'));
}

/** What is not as it should be after the command; nothing, if all is well. */
async function faults(command) {
  const now = await sightings(names, hosts);
  const shouldBe = command === 'evacuate' ? (host) => host !== source : (host) => host === source;
  const astray = names.filter((name) => {
    const [only, ...others] = now[name];
    const isWell = only !== undefined && only.isRunning && only.isPersistent && shouldBe(only.host);
    return !isWell || others.length > 0;
  });
  const pools = (await Promise.all(hosts.map(poolsOn))).flat();
  return [
    ...astray.map(
      (name) => `${name} is at ${JSON.stringify(now[name].map(({ host, isRunning }) => [host, isRunning]))}`,
    ),
    ...(await losses(names, (name) => now[name][0]?.host)),
    ...pools.map((pool) => `a storage pool was left: ${pool}`),
  ];
}
