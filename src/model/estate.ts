/** The estate: what `lifeboat.yaml` says of the sites, their hosts and the links between them. Plain, checked data. */
export interface Estate {
  readonly sites: Readonly<Record<string, Site>>;
  /** Links by name. A pair of sites that no link names is one link of its own with no rate limit. */
  readonly links: Readonly<Record<string, Link>>;
  readonly tls: 'required' | 'off';
  readonly store: { readonly sqlite: string };
  readonly mail?: Mail;
}

export interface Site {
  readonly name: string;
  readonly hosts: Readonly<Record<string, Host>>;
  /** Logical network name to bridge or libvirt network of this site. `drill` is the isolated one. */
  readonly networks: Readonly<Record<string, string>>;
  /** Folder of the disks of VMs that live here. */
  readonly images: string;
  /** Folder of the replicas of other sites' disks. */
  readonly replicas: string;
}

export interface Host {
  readonly name: string;
  readonly site: string;
  /** libvirt URI by which the controller reaches the host. */
  readonly uri: string;
  /** What other hosts use for migration and NBD. */
  readonly address: string;
  /** How other hosts reach this one for peer-to-peer migration. */
  readonly peerUri: string;
  /** Folder for copy-before-write space during a backup. */
  readonly scratch?: string;
  readonly fence?: FenceDevice;
}

/** A ClusterLabs fence agent and its options; an option may be a reference to a secret. */
export interface FenceDevice {
  readonly agent: string;
  readonly options: Readonly<Record<string, string | number | boolean | SecretReference>>;
}

/** Where a secret is read from when it is needed. The secret itself is never part of the estate. */
export type SecretReference = { readonly file: string } | { readonly env: string } | { readonly credential: string };

export interface Link {
  readonly name: string;
  readonly between: readonly [string, string];
  readonly bytesPerSecond?: number;
  readonly windows: readonly RateWindow[];
}

/** Another rate at certain hours, in the controller's local time; minutes since midnight. */
export interface RateWindow {
  readonly days: readonly Weekday[];
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly bytesPerSecond: number;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export interface Mail {
  readonly smtp: string;
  readonly from: string;
  readonly to: readonly string[];
}

/** All hosts of the estate by name; host names are unique over all sites. */
export function hostsOf(estate: Estate): Readonly<Record<string, Host>> {
  return Object.fromEntries(Object.values(estate.sites).flatMap((site) => Object.entries(site.hosts)));
}

/** The link between two different sites: the one the estate names, or the implied one of its own, named `a-b`. */
export function linkBetween(estate: Estate, one: string, other: string): Link {
  const named = Object.values(estate.links).find(({ between }) => between.includes(one) && between.includes(other));
  const [first, second] = one < other ? [one, other] : [other, one];
  return named ?? { name: `${first}-${second}`, between: [first, second], windows: [] };
}
