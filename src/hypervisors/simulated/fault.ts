/**
 * Something that goes wrong, written down beforehand: at a time after the world's beginning, or when a certain call is
 * made. Plain data, so that a scenario can be read, saved and played again.
 */
export type ScriptedFault =
  | { readonly at: number; readonly fault: WorldFault }
  /** The nth call (from 1) of a port's method. A world fault happens `afterMs` (default 0) after the call took effect. */
  | { readonly onCall: CallMatch; readonly afterMs?: number; readonly fault: WorldFault | CallFault };

export interface CallMatch {
  /** `hypervisor`, `replicas`, `fencer`, `prober`, `shell` or `notifier`. */
  readonly port: string;
  readonly method: string;
  readonly nth: number;
}

/** What happens to one call. */
export type CallFault =
  /** It never answers and does nothing, until it is aborted. */
  | { readonly kind: 'call-hangs' }
  /** It does what was asked, and the answer is lost. */
  | { readonly kind: 'reply-lost' }
  /** It does nothing, and says that it may be tried again. */
  | { readonly kind: 'call-refused' };

/** What happens to the world. */
export type WorldFault =
  /** All that runs there is gone at once. Its power device still says `on`, unless the power is what failed. */
  | { readonly kind: 'host-dies'; readonly host: string; readonly power?: 'on' | 'off' }
  /** It boots, and starts the VMs with autostart, as libvirt does. */
  | { readonly kind: 'host-returns'; readonly host: string }
  /** All hosts of the site lose their power. The fence devices are on a network of their own, unless they go with it. */
  | { readonly kind: 'site-dies'; readonly site: string; readonly withFences?: boolean }
  | { readonly kind: 'site-returns'; readonly site: string }
  | { readonly kind: 'link-cut'; readonly link: string }
  | { readonly kind: 'link-healed'; readonly link: string }
  | { readonly kind: 'link-rate'; readonly link: string; readonly bytesPerSecond: number }
  /** The VM dirties memory faster than any link carries it: a `live` migration never ends. */
  | { readonly kind: 'migration-stalls'; readonly vm: string }
  | { readonly kind: 'disk-full'; readonly host: string }
  | { readonly kind: 'disk-freed'; readonly host: string; readonly bytes: number }
  /** What the newest point of the VM's replica on the host holds is not what was written to it any more. */
  | { readonly kind: 'point-rots'; readonly vm: string; readonly host: string }
  | { readonly kind: 'agent-silent'; readonly vm: string }
  /** The VM runs but never answers; a start that happens later meets it too. */
  | { readonly kind: 'boot-fails'; readonly vm: string }
  /** The guest does not heed a request to shut down. */
  | { readonly kind: 'shutdown-ignored'; readonly vm: string }
  /** Every second probe of the VM fails. */
  | { readonly kind: 'probe-flaps'; readonly vm: string }
  /** `lies` says success and leaves it on · `fails` · `hangs` · `works` again. */
  | { readonly kind: 'fence'; readonly host: string; readonly behaviour: FenceBehaviour }
  /** Commands that begin with these words end with this status from now on. */
  | { readonly kind: 'command-fails'; readonly argv: readonly string[]; readonly exitCode: number };

export type FenceBehaviour = 'works' | 'lies' | 'fails' | 'hangs';

/** Whether a fault is about a call, not about the world. */
export function isCallFault(fault: WorldFault | CallFault): fault is CallFault {
  return fault.kind === 'call-hangs' || fault.kind === 'reply-lost' || fault.kind === 'call-refused';
}
