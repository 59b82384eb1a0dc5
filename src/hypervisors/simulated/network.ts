import { linkBetween } from '../../model/estate.js';
import { askedOf, type Call, type Request } from './call.js';
import type { Core } from './core.js';
import type { HostState, LinkState } from './world-state.js';

/** What the controller needs to speak to a machine of its own site, and back, ms. */
const localLatencyMs = 2;

/** The link between two sites; undefined within one. */
export function linkOf(core: Core, one: string, other: string): LinkState | undefined {
  return one === other ? undefined : core.state.links[linkBetween(core.state.estate, one, other).name];
}

/** Whether two sites can speak to each other. */
function areConnected(core: Core, one: string, other: string): boolean {
  return linkOf(core, one, other)?.isCut !== true;
}

/** Whether the host is alive and the controller can speak to it. */
export function isReachable(core: Core, host: HostState): boolean {
  return host.isUp && areConnected(core, core.state.controllerSite, host.site);
}

/** Whether both hosts are alive and can speak to each other. */
export function canSpeak(core: Core, one: HostState, other: HostState): boolean {
  return one.isUp && other.isUp && areConnected(core, one.site, other.site);
}

/** Whether whoever the request asks could answer now. */
export function isAnswerable(core: Core, request: Request): boolean {
  const whom = askedOf(request);
  if (whom === 'controller') {
    return true;
  }
  if (whom === 'fence') {
    const host = request.port === 'fencer' ? core.state.hosts[request.host] : undefined;
    return host === undefined || !core.state.darkSites.includes(host.site);
  }
  if ('site' in whom) {
    const hosts = Object.values(core.state.hosts).filter(({ site }) => site === whom.site);
    return hosts.length === 0 || hosts.some((host) => isReachable(core, host));
  }
  const host = core.state.hosts[whom.host];
  return host === undefined || isReachable(core, host);
}

/** Whom a failure names. */
export function nameOf(request: Request): string {
  const whom = askedOf(request);
  if (typeof whom === 'string') {
    return request.port === 'fencer' ? `The fence device of ${request.host}` : 'The controller';
  }
  return 'site' in whom ? `Site ${whom.site}` : `Host ${whom.host}`;
}

/** Half of the time between asking and hearing the answer. */
export function latencyMs(core: Core, { request }: Pick<Call, 'request'>): number {
  const whom = askedOf(request);
  if (typeof whom === 'string') {
    return localLatencyMs / 2;
  }
  const site = 'site' in whom ? whom.site : core.state.hosts[whom.host]?.site;
  const link = site === undefined ? undefined : linkOf(core, core.state.controllerSite, site);
  return localLatencyMs / 2 + (link?.latencyMs ?? 0);
}
