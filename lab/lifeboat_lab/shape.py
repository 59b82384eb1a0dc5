"""What the lab looks like: sites, hosts, names and addresses.

Pure data and arithmetic: nothing here touches the machine, so that every other
module, and a test, can ask for an address without a lab being up.
"""

import hashlib
import ipaddress
import uuid
from dataclasses import dataclass
from typing import Dict, List

from .errors import UsageError

MGMT, PROD, DRILL = "mgmt", "prod", "drill"
NETWORKS = (MGMT, PROD, DRILL)
# The second number of each network's addresses: 10.77.x.x and so on.
SECOND_OCTET = {MGMT: 77, PROD: 78, DRILL: 79}
PREFIX_LENGTH = 16
# The networks that reach from site to site; a site's drill network ends at the site.
STRETCHED = (MGMT, PROD)

SITE_NAMES = ("north", "south", "east", "west", "site5", "site6", "site7", "site8")
MAX_HOSTS_PER_SITE = 9

# The named network namespace that holds every bridge and WAN link.
SWITCH = "lifeboat-lab"
# The machine's own links into the lab, by network.
CONTROLLER_LINKS = {MGMT: "lab0", PROD: "lab1"}
CONTROLLER_ADDRESSES = {MGMT: "10.77.0.1", PROD: "10.78.0.1"}
# What the word `wan` names where a host or a site could stand.
WAN = "wan"


def address_range(network: str) -> ipaddress.IPv4Network:
    return ipaddress.ip_network(f"10.{SECOND_OCTET[network]}.0.0/{PREFIX_LENGTH}")


def mac_address(*words: str) -> str:
    """A stable, locally administered address for whatever the words name."""
    digest = hashlib.sha256("/".join(words).encode()).digest()
    return "52:54:00:%02x:%02x:%02x" % tuple(digest[:3])


@dataclass(frozen=True)
class Host:
    name: str
    site: str
    site_number: int  # from 1
    number: int  # from 1, within the site

    def address(self, network: str) -> str:
        return f"10.{SECOND_OCTET[network]}.{self.site_number}.{10 + self.number}"

    @property
    def uuid(self) -> str:
        """The host's libvirt `host_uuid`, the same in every lab."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.lifeboat-lab"))

    def switch_port(self, network: str) -> str:
        """The end of the host's uplink that sits in the switch's bridge."""
        return f"{network[0]}-{self.name}"

    def uplink(self, network: str) -> str:
        """The end of the same link inside the host."""
        return "mgmt0" if network == MGMT else f"{network}0"

    def interface(self, network: str) -> str:
        """The interface that carries the host's address; guests' taps join br-prod or br-drill."""
        return "mgmt0" if network == MGMT else f"br-{network}"


@dataclass(frozen=True)
class Site:
    name: str
    number: int
    hosts: List[Host]

    def bridge(self, network: str) -> str:
        """The site's bridge in the switch."""
        return f"{network}-{self.name}"

    def wan_port(self, network: str) -> str:
        """The end of the site's WAN link that sits in the site's bridge."""
        return f"w{network[0]}-{self.name}"

    def backbone_port(self, network: str) -> str:
        """The other end of that link, in the bridge that joins the sites."""
        return f"x{network[0]}-{self.name}"


def backbone(network: str) -> str:
    """The bridge between the sites: each site reaches the others through one WAN link."""
    return f"{WAN}-{network}"


@dataclass(frozen=True)
class Shape:
    site_count: int
    hosts_per_site: int

    def __post_init__(self) -> None:
        if not 1 <= self.site_count <= len(SITE_NAMES):
            raise UsageError(f"a lab has 1 to {len(SITE_NAMES)} sites, not {self.site_count}: choose another --sites")
        if not 1 <= self.hosts_per_site <= MAX_HOSTS_PER_SITE:
            raise UsageError(
                f"a site has 1 to {MAX_HOSTS_PER_SITE} hosts, not {self.hosts_per_site}: choose another --hosts"
            )

    def __str__(self) -> str:
        sites = "1 site" if self.site_count == 1 else f"{self.site_count} sites"
        return f"{sites} of " + ("1 host" if self.hosts_per_site == 1 else f"{self.hosts_per_site} hosts")

    @property
    def sites(self) -> List[Site]:
        sites = []
        for number, name in enumerate(SITE_NAMES[: self.site_count], start=1):
            hosts = [Host(f"{name}-{n}", name, number, n) for n in range(1, self.hosts_per_site + 1)]
            sites.append(Site(name, number, hosts))
        return sites

    @property
    def hosts(self) -> List[Host]:
        return [host for site in self.sites for host in site.hosts]

    @property
    def recovery_site(self) -> Site:
        """Where the controller sits: the second site, or the only one."""
        return self.sites[min(1, self.site_count - 1)]

    @property
    def sasl_host(self) -> Host:
        """The one host whose TLS listener asks for a name and a password as well."""
        return self.hosts[-1]

    def host(self, name: str) -> Host:
        for host in self.hosts:
            if host.name == name:
                return host
        raise UsageError(f"there is no host {name!r} in this lab: it has {', '.join(h.name for h in self.hosts)}")

    def to_json(self) -> Dict:
        """The shape with all its addresses, as `lab.json` and `status -o json` show it."""
        return {
            "sites": [
                {
                    "name": site.name,
                    "recovery": site == self.recovery_site,
                    "hosts": [
                        {
                            "name": host.name,
                            "uuid": host.uuid,
                            "addresses": {network: host.address(network) for network in NETWORKS},
                            "sasl": host == self.sasl_host,
                        }
                        for host in site.hosts
                    ],
                }
                for site in self.sites
            ],
            "site_count": self.site_count,
            "hosts_per_site": self.hosts_per_site,
            "controller": dict(CONTROLLER_ADDRESSES),
        }

    @staticmethod
    def from_json(document: Dict) -> "Shape":
        return Shape(document["site_count"], document["hosts_per_site"])
