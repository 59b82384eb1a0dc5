/** Constants of libvirt-qemu.h, under libvirt's own names less their prefix. */

/** virDomainQemuMonitorCommandFlags: `VIR_DOMAIN_QEMU_MONITOR_COMMAND_*` */
export const DomainQemuMonitorCommandFlags = {
  DEFAULT: 0,
  HMP: 1,
} as const;

/** virDomainQemuAgentCommandTimeoutValues: `VIR_DOMAIN_QEMU_AGENT_COMMAND_*` */
export const DomainQemuAgentCommandTimeout = {
  MIN: -2,
  BLOCK: -2,
  DEFAULT: -1,
  NOWAIT: 0,
  SHUTDOWN: 60,
} as const;
