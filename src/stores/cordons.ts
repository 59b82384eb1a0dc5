/**
 * Hosts on which nothing may be placed. Neither libvirt nor QEMU has such a mark: it is Lifeboat's own, and all engines over
 * one store share it. A port.
 */
export interface Cordons {
  list(): Promise<ReadonlySet<string>>;
  /** May be called again with the same value. */
  set(host: string, isCordoned: boolean): Promise<void>;
}
