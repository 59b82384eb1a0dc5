"""How each host's libvirtd and QEMU are configured, and asking whether it answers."""

import os
import secrets
import subprocess
from pathlib import Path

from . import children, paths
from .shape import Host, Shape

SASL_USER = "lifeboat"

LIBVIRTD_CONF = """\
host_uuid = "{uuid}"
listen_tcp = 1
listen_tls = 1
listen_addr = "0.0.0.0"
auth_unix_ro = "none"
auth_unix_rw = "none"
auth_tcp = "none"
auth_tls = "{auth_tls}"
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
log_level = 3
log_outputs = "3:stderr"
"""

# Without cgroups, mount namespaces and ownership records QEMU starts in a
# namespaced host; as root it reads any disk that a test puts there.
QEMU_CONF = """\
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
default_tls_x509_cert_dir = "/etc/pki/qemu"
default_tls_x509_verify = 1
"""

SASL_CONF = """\
mech_list: scram-sha-256 plain
pwcheck_method: auxprop
auxprop_plugin: sasldb
sasldb_path: /etc/libvirt/passwd.db
"""

AUTH_CONF = """\
[credentials-lifeboat]
authname={user}
password={password}

[auth-libvirt-default]
credentials=lifeboat
"""

FOLDERS = (
    "/etc/libvirt",
    "/etc/sasl2",
    "/var/log/libvirt/qemu",
    "/var/cache/libvirt",
    paths.IMAGES_IN_HOST,
    paths.CONSOLE_IN_HOST,
)


def sasl_password() -> str:
    if not paths.SASL_PASSWORD.exists():
        fresh = paths.SASL_PASSWORD.with_suffix(".new")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(12) + "\n")
        os.replace(fresh, paths.SASL_PASSWORD)
    return paths.SASL_PASSWORD.read_text().strip()


def configure(shape: Shape, host: Host) -> None:
    def in_host(path: str) -> Path:
        return paths.in_host_folder(host.name, path)

    for folder in FOLDERS:
        in_host(folder).mkdir(parents=True, exist_ok=True)
    asks_password = host == shape.sasl_host
    in_host("/etc/libvirt/libvirtd.conf").write_text(
        LIBVIRTD_CONF.format(uuid=host.uuid, auth_tls="sasl" if asks_password else "none")
    )
    in_host("/etc/libvirt/qemu.conf").write_text(QEMU_CONF)
    # What the host's own libvirtd, as a client of the next host in a migration, answers when asked.
    credentials = AUTH_CONF.format(user=SASL_USER, password=sasl_password())
    in_host("/etc/libvirt/auth.conf").write_text(credentials)
    in_host("/etc/libvirt/auth.conf").chmod(0o600)
    if asks_password:
        in_host("/etc/sasl2/libvirt.conf").write_text(SASL_CONF)
        children.run(
            ["saslpasswd2", "-p", "-c", "-a", "libvirt", "-u", host.name]
            + ["-f", str(in_host("/etc/libvirt/passwd.db")), SASL_USER],
            input=sasl_password().encode(),
            check=True,
            capture_output=True,
        )


def controller_credentials() -> None:
    """The controller's `?authfile=` for the host that asks for a password."""
    path = paths.PKI / "auth.conf"
    path.touch(mode=0o600)
    path.write_text(AUTH_CONF.format(user=SASL_USER, password=sasl_password()))


def virsh(host: Host, *arguments: str, **options) -> subprocess.CompletedProcess:
    """Asks the host's libvirtd by its socket, past every network."""
    return children.run(["virsh", "-q", "-c", paths.libvirt_uri(host.name), *arguments], **options)


def answers(host: Host, seconds: float = 5.0) -> bool:
    try:
        asked = virsh(host, "list", "--name", timeout=seconds, capture_output=True)
    except subprocess.TimeoutExpired:
        return False
    return asked.returncode == 0
