import { type Estate, hostsOf } from '../model/estate.js';
import type { Policy, Runbook } from '../model/runbook.js';

/** How VMs move when no runbook says it: with as little downtime as can be, and never by a restart. */
export const policyForHost: Policy = {
  groups: [
    {
      name: 'all',
      priority: 3,
      after: [],
      vms: [{ glob: '*' }],
      move: { ladder: ['live', 'throttle', 'post-copy', 'pause'], maxDowntimeMs: 500, deadlineMs: 30 * 60_000 },
      ready: [],
    },
  ],
  keepApart: [],
  keepTogether: [],
  limits: { perHost: 2, perLink: 4 },
};

/**
 * The runbook of `evacuate HOST`: all VMs of the host to the other hosts of its site. Undefined when the estate has no
 * such host.
 */
export function runbookForHost(host: string, estate: Estate): Runbook | undefined {
  const site = hostsOf(estate)[host]?.site;
  return site === undefined
    ? undefined
    : {
        name: `evacuate-${host}`,
        protect: { from: { site, host }, to: { site } },
        objectives: {},
        ...policyForHost,
        steps: [],
        triggers: [],
        guard: 'normal',
      };
}
