import type { Authority } from '../../model/authority.js';
import type { Call } from '../call.js';
import { readEstate } from '../estate-file.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { withWorld } from '../open-world.js';
import { lookAtWorld, tell } from '../plan-making.js';
import { authorityText, proofText } from '../progress/entry-line.js';
import { dayAndTime } from '../progress/words.js';
import { usage } from '../refusal.js';
import { table } from '../table.js';

/** `lifeboat authority`: the ledger, and for VMs that are not in it where they were seen. */
export async function authorityCommand(call: Call): Promise<ExitCode> {
  const estate = readEstate(call);
  return withWorld(call, { estate }, async (world) => {
    const inventory = await lookAtWorld(world, estate);
    const [vm] = call.args;
    const ledger = inventory.authority
      .filter((one) => vm === undefined || one.vm === vm)
      .toSorted((one, other) => (one.vm < other.vm ? -1 : 1));
    const unlisted = inventory.vms
      .filter(({ name }) => (vm === undefined || name === vm) && !ledger.some((one) => one.vm === name))
      .map(({ name, site, host, observedAt }) => ({ vm: name, place: { site, host }, observedAt }));
    if (vm !== undefined && ledger.length + unlisted.length === 0) {
      const names = inventory.vms.map(({ name }) => name).toSorted();
      throw usage(
        `no VM ${vm} is known`,
        names.length === 0 ? 'No VM is known at all.' : `Known are ${names.join(', ')}.`,
      );
    }
    tell(call, () => text(call, { ledger, unlisted }), {
      kind: 'AuthorityLedger',
      members: { authority: ledger, unlisted },
    });
    return ledger.some(({ state }) => state === 'contested') ? exitCodes.withErrors : exitCodes.done;
  });
}

interface Ledger {
  readonly ledger: readonly Authority[];
  readonly unlisted: readonly {
    readonly vm: string;
    readonly place: { readonly site: string; readonly host: string };
    readonly observedAt: number;
  }[];
}

function text(call: Call, { ledger, unlisted }: Ledger): string {
  const rows = [
    ...ledger.map((one) => [
      one.vm,
      one.state === 'contested' ? call.style.bad(`✗ ${authorityText(one)}`) : authorityText(one),
      dayAndTime(one.since),
      String(one.epoch),
      proofText(one.proof),
    ]),
    ...unlisted.map(({ vm, place, observedAt }) => [
      vm,
      `at ${place.site}/${place.host}`,
      dayAndTime(observedAt),
      '0',
      'never moved by a run; seen there',
    ]),
  ];
  return table(['VM', 'MAY RUN', 'SINCE', 'EPOCH', 'PROOF'], rows, call.style);
}
