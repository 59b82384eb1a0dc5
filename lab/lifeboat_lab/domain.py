"""The libvirt domain of a guest, as XML."""

from xml.sax.saxutils import escape, quoteattr

from . import paths
from .accelerator import KVM
from .shape import PREFIX_LENGTH

# The least a guest needs, so that it runs on every host; rdrand lets the guest's random numbers be ready at once.
CPU_MODEL = "Nehalem"
CPU_FEATURES = ("rdrand",)
EMULATOR = "/usr/bin/qemu-system-x86_64"
AGENT = "org.qemu.guest_agent.0"
# Memory that a guest needs for itself, its kernel and its root; one that dirties its memory writes over all the rest.
SPARED_MIB = 88
# Where beacons go: an address that nobody has, so that a beacon passes each host's uplink and wakes no other guest.
SINK, SINK_MAC = "10.78.0.9", "02:4c:42:00:00:01"

# What a guest has above whole MiB. Under TCG, QEMU before 9.0 forgets to watch pages again that a migration has sent
# already, in the fast path of cpu_physical_memory_sync_dirty_bitmap (include/exec/ram_addr.h), and such a guest can arrive
# with memory of different moments and hang. Memory that is no multiple of 256 KiB takes the other path, which is right.
ODD_KIB = 64

KERNEL_OPTIONS = "console=ttyS0 quiet loglevel=1 panic=1 mitigations=off tsc=reliable random.trust_cpu=on cryptomgr.notests"


def command_line(guest: dict) -> str:
    settings = {
        "name": guest["name"],
        "ip": f"{guest['address']}/{PREFIX_LENGTH}",
        "drill-ip": f"{guest['drill_address']}/{PREFIX_LENGTH}",
        "sink": SINK,
        "sink-mac": SINK_MAC,
        "ticks": guest["ticks_per_second"],
        "beacons": guest["beacons_per_second"],
    }
    if guest["dirty"] is not None:
        settings.update({"dirty": guest["dirty"], "dirty-mib": guest["memory_mib"] - SPARED_MIB})
    return " ".join([KERNEL_OPTIONS, *(f"lab.{name}={value}" for name, value in settings.items())])


def xml(guest: dict, accelerator: str) -> str:
    """The domain of `guest` (its record). The same XML starts it on any host that has its disks."""
    features = "".join(
        f"<feature policy='require' name={quoteattr(name)}/>" for name in (*CPU_FEATURES, *guest["cpu_features"])
    )
    disks = "".join(_disk(disk) for disk in guest["disks"])
    # libvirt rounds up to whole MiB, so that the odd size reaches QEMU past it.
    memory = f"{guest['memory_mib'] * 1024 + ODD_KIB}k"
    return f"""<domain type='{"kvm" if accelerator == KVM else "qemu"}' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <name>{escape(guest["name"])}</name>
  <uuid>{guest["uuid"]}</uuid>
  <memory unit='MiB'>{guest["memory_mib"]}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{paths.BOOT_IN_HOST}/vmlinuz</kernel>
    <initrd>{paths.BOOT_IN_HOST}/initrd.img</initrd>
    <cmdline>{escape(command_line(guest))}</cmdline>
  </os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact' check='partial'><model fallback='forbid'>{CPU_MODEL}</model>{features}</cpu>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>{EMULATOR}</emulator>
{disks}    <interface type='bridge'>
      <source bridge='br-{guest["network"]}'/>
      <mac address='{guest["mac"]}'/>
      <model type='virtio'/>
    </interface>
    <serial type='file'>
      <source path='{escape(guest["console"])}' append='on'/>
      <target port='0'/>
    </serial>
    <channel type='unix'><target type='virtio' name='{AGENT}'/></channel>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
  </devices>
  <qemu:commandline>
    <qemu:arg value='-object'/><qemu:arg value='memory-backend-ram,id=lab.ram,size={memory}'/>
    <qemu:arg value='-machine'/><qemu:arg value='memory-backend=lab.ram'/>
    <qemu:arg value='-m'/><qemu:arg value='{memory}'/>
  </qemu:commandline>
</domain>
"""


def _disk(disk: dict) -> str:
    return f"""    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='{disk["cache"]}' discard='unmap'/>
      <source file='{escape(disk["path"])}'/>
      <target dev='{disk["target"]}' bus='virtio'/>
      <serial>{escape(disk["serial"])}</serial>
    </disk>
"""
