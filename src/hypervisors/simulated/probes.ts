import type { ProbeAnswer } from '../../health/prober.js';
import type { ReadyCheck } from '../../model/runbook.js';
import type { Request } from './call.js';
import type { Core } from './core.js';
import { natureOf } from './guests.js';
import type { Guest, Nature } from './world-state.js';

/** What comes back when a VM is asked whether it answers. */
export function probe(core: Core, request: Extract<Request, { port: 'prober' }>): ProbeAnswer {
  const guest = core.state.hosts[request.host]?.guests[request.id];
  if (guest?.state !== 'running') {
    return no(`${request.name} does not run on ${request.host}`);
  }
  const nature = natureOf(core, guest.definition);
  if (nature.flaps !== undefined) {
    nature.flaps += 1;
    if (nature.flaps % 2 === 1) {
      return no(`${request.name} did not answer this time`);
    }
  }
  if (nature.neverBoots || core.clock.now() < (guest.readyAt ?? Number.POSITIVE_INFINITY)) {
    return no(`${request.name} has not booted`);
  }
  return check(request.check, request.name, guest, nature);
}

function check(asked: ReadyCheck, name: string, guest: Guest, nature: Nature): ProbeAnswer {
  switch (asked.probe) {
    case 'guest-agent':
      if (!guest.definition.hasAgent) {
        return no(`${name} has no guest agent`);
      }
      return nature.isAgentSilent
        ? no(`The guest agent of ${name} is silent`)
        : yes(`The guest agent of ${name} answers`);
    case 'tcp':
      return nature.ports === undefined || nature.ports.includes(asked.port)
        ? yes(`${name} accepts connections on port ${asked.port}`)
        : no(`${name} refuses connections on port ${asked.port}`);
    case 'http':
      return yes(`${asked.url} answers ${asked.status}`);
    case 'command':
      return yes(`${asked.command.join(' ')} ends with 0`);
  }
}

function yes(detail: string): ProbeAnswer {
  return { isHealthy: true, detail };
}

function no(detail: string): ProbeAnswer {
  return { isHealthy: false, detail };
}
