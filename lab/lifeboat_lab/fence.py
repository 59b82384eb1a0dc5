"""The lab's fence agent, and the switch that makes it lie, hang or fail.

It follows the FenceAgentAPI of ClusterLabs (https://github.com/ClusterLabs/fence-agents, doc/FenceAgentAPI.md): options as
`name=value` lines on standard input or as flags, actions and exit codes as there.
"""

import argparse
import sys
import time
from typing import Callable, Dict, List, Tuple
from xml.sax.saxutils import quoteattr

from . import hosts, network, paths
from .cli import command, say
from .errors import LabError, UsageError
from .inside import host_pid
from .shape import Host
from .state import changing, read_json, shape, write_json

OK, FAILED, OFF = 0, 1, 2
FAULTS = ("lie", "hang", "fail", "none")
FAULTS_FILE = paths.STATE / "fence-faults.json"
# A hanging agent is meant to be given up; should nobody do so, it does not stay for ever.
HANG_SECONDS = 3600

# name, flags, what it is
PARAMETERS: Tuple[Tuple[str, Tuple[str, ...], str], ...] = (
    ("action", ("-o", "--action"), "Fencing action"),
    ("plug", ("-n", "--plug"), "Host of the lab to power"),
)
# Read by every agent of this kind, and of no meaning here.
IGNORED = ("ip", "ipaddr", "username", "login", "password", "passwd", "verbose", "quiet", "delay", "nodename", "debug",
           "power_timeout", "power_wait", "shell_timeout", "login_timeout", "retry_on", "power_fault_wait", "disable_timeout")
ALIASES = {"port": "plug", "option": "action"}


def register(subparsers) -> None:
    parser = command(
        subparsers, "fence-fault", run, "make the fence agent lie, hang or fail for a host",
        "Chooses how lab/fence/fence_lab behaves for one host:\n"
        "  lie   off, on and reboot report success and do nothing; status tells the truth\n"
        "  hang  every action waits until it is killed\n"
        "  fail  every action exits 1 and does nothing\n"
        "  none  it works",
        ["lab/lab fence-fault north-1 lie", "lab/lab fence-fault north-1 none"],
    )
    parser.add_argument("host", metavar="HOST")
    parser.add_argument("fault", choices=FAULTS)


def run(args: argparse.Namespace) -> None:
    with changing():
        host = shape().host(args.host)
        faults = {**(read_json(FAULTS_FILE) or {}), host.name: args.fault}
        write_json(FAULTS_FILE, {name: fault for name, fault in faults.items() if fault != "none"})
    say(f"the fence of {host.name} works" if args.fault == "none" else f"the fence of {host.name} will {args.fault}")


def main(arguments: List[str]) -> int:
    """The agent itself; answers its exit code."""
    try:
        options = from_flags(arguments) if arguments else from_lines(sys.stdin.read())
        return act(options)
    except LabError as error:
        say(f"fence_lab: {error}")
        return FAILED


def from_lines(text: str) -> Dict[str, str]:
    options = {}
    for line in text.splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            name, separator, value = line.partition("=")
            if not separator:
                raise UsageError(f"{line!r} is no option: write name=value")
            options[_known(name.strip())] = value.strip()
    return options


def from_flags(arguments: List[str]) -> Dict[str, str]:
    options, words = {}, list(arguments)
    flags = {flag: name for name, known, _ in PARAMETERS for flag in known}
    while words:
        flag, separator, value = words.pop(0).partition("=")
        if flag not in flags:
            raise UsageError(f"{flag!r} is not known: the flags are {', '.join(sorted(flags))}")
        if not separator and not words:
            raise UsageError(f"{flag} lacks a value")
        options[flags[flag]] = value if separator else words.pop(0)
    return options


def act(options: Dict[str, str]) -> int:
    # As other agents do: without an action the host is rebooted.
    action = options.get("action", "reboot")
    if action == "metadata":
        print(metadata())
        return OK
    if action == "list":
        for host in shape().hosts:
            print(f"{host.name},{'on' if host_pid(host.name) else 'off'}")
        return OK
    if action == "monitor" and not options.get("plug"):
        shape()
        return OK
    if action not in ACTIONS:
        raise UsageError(f"action {action!r} is not known: they are metadata, list, {', '.join(ACTIONS)}")
    if not options.get("plug"):
        raise UsageError(f"action {action} needs the host it is for: plug=north-1")
    host = shape().host(options["plug"])
    fault = (read_json(FAULTS_FILE) or {}).get(host.name)
    if fault == "hang":
        time.sleep(HANG_SECONDS)
        return FAILED
    if fault == "fail":
        raise LabError(f"the fence device of {host.name} does not answer")
    if fault == "lie" and action in ("on", "off", "reboot"):
        return _success(action, host)
    return ACTIONS[action](host)


def status(host: Host) -> int:
    is_on = host_pid(host.name) is not None
    print(f"Status: {'ON' if is_on else 'OFF'}")
    return OK if is_on else OFF


def off(host: Host) -> int:
    with changing():
        hosts.power_off(host)
    return _success("off", host)


def on(host: Host) -> int:
    """Returns when the power is on; the host still has to come up, as a real one would."""
    _power_on(host)
    return _success("on", host)


def reboot(host: Host) -> int:
    with changing():
        hosts.power_off(host)
    _power_on(host)
    return _success("reboot", host)


ACTIONS: Dict[str, Callable[[Host], int]] = {
    "status": status, "monitor": lambda host: OK, "off": off, "on": on, "reboot": reboot, "validate-all": lambda host: OK,
}


def metadata() -> str:
    parameters = "".join(
        f"""    <parameter name={quoteattr(name)} unique="0" required="{int(name == 'plug')}">
      <getopt mixed={quoteattr(f"{flags[0]}, {flags[1]}=[{name}]")}/>
      <content type="string"{' default="reboot"' if name == 'action' else ''}/>
      <shortdesc lang="en">{about}</shortdesc>
    </parameter>
""" for name, flags, about in PARAMETERS
    )
    actions = "".join(f"    <action name={quoteattr(name)}/>\n" for name in (*ACTIONS, "list", "metadata"))
    return f"""<?xml version="1.0" ?>
<resource-agent name="fence_lab" shortdesc="Fence agent for the hosts of the lab">
  <longdesc>fence_lab powers the hosts of the lab off and on. Powering off is as sudden as a power cut.</longdesc>
  <parameters>
{parameters}  </parameters>
  <actions>
{actions}  </actions>
</resource-agent>"""


def _power_on(host: Host) -> None:
    with changing():
        there = shape()
        network.build_switch(there)
        hosts.power_on(there, host)


def _known(name: str) -> str:
    name = ALIASES.get(name, name)
    if name not in [parameter for parameter, _, _ in PARAMETERS] and name not in IGNORED:
        # Newer callers may send what this agent has not heard of; that must not keep a host from being fenced.
        say(f"fence_lab: option {name!r} is not known and is passed over")
    return name


def _success(action: str, host: Host) -> int:
    print(f"Success: {action} of {host.name}")
    return OK
