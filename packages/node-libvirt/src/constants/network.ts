/** Constants of libvirt-network.h, under libvirt's own names less their prefix. */

/** virNetworkXMLFlags: `VIR_NETWORK_XML_*` */
export const NetworkXMLFlags = {
  INACTIVE: 1,
} as const;

/** virNetworkCreateFlags: `VIR_NETWORK_CREATE_*` */
export const NetworkCreateFlags = {
  VALIDATE: 1,
} as const;

/** virNetworkDefineFlags: `VIR_NETWORK_DEFINE_*` */
export const NetworkDefineFlags = {
  VALIDATE: 1,
} as const;

/** virNetworkUpdateCommand: `VIR_NETWORK_UPDATE_COMMAND_*` */
export const NetworkUpdateCommand = {
  NONE: 0,
  MODIFY: 1,
  DELETE: 2,
  ADD_FIRST: 4,
} as const;

/** virNetworkUpdateSection: `VIR_NETWORK_SECTION_*` */
export const NetworkUpdateSection = {
  NONE: 0,
  BRIDGE: 1,
  DOMAIN: 2,
  IP: 3,
  IP_DHCP_HOST: 4,
  IP_DHCP_RANGE: 5,
  FORWARD: 6,
  FORWARD_INTERFACE: 7,
  FORWARD_PF: 8,
  PORTGROUP: 9,
  DNS_HOST: 10,
  DNS_TXT: 11,
  DNS_SRV: 12,
} as const;

/** virNetworkUpdateFlags: `VIR_NETWORK_UPDATE_AFFECT_*` */
export const NetworkUpdateFlags = {
  CURRENT: 0,
  LIVE: 1,
  CONFIG: 2,
} as const;
