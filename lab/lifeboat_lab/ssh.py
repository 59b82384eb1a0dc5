"""Keys, known hosts and configurations: root's way from the controller, and between hosts."""

import shutil
from pathlib import Path

from . import children, paths
from .shape import MGMT, Shape

CONTROLLER_KEY = paths.SSH / "id_ed25519"
HOSTS_KEY = paths.SSH / "hosts_ed25519"
KNOWN_HOSTS = paths.SSH / "known_hosts"
CONFIG = paths.SSH / "config"
# For programs that take the path of an ssh program but no options for it.
COMMAND = paths.SSH / "ssh"

SSHD_CONFIG = """\
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
UseDNS no
PrintMotd no
PrintLastLog no
MaxStartups 200:30:400
MaxSessions 100
Subsystem sftp internal-sftp
"""


def make_keys(shape: Shape) -> None:
    """Makes what is lacking, and gives every host its part. Needs the hosts' folders."""
    paths.SSH.mkdir(parents=True, exist_ok=True, mode=0o700)
    new_key(CONTROLLER_KEY, "lifeboat-lab controller")
    new_key(HOSTS_KEY, "lifeboat-lab hosts")
    for host in shape.hosts:
        new_key(host_key(host.name), host.name)
    KNOWN_HOSTS.write_text(known_hosts(shape))
    CONFIG.write_text(client_config(shape, str(CONTROLLER_KEY), str(KNOWN_HOSTS)))
    COMMAND.write_text(f'#!/bin/sh\nexec ssh -F {CONFIG} "$@"\n')
    COMMAND.chmod(0o755)
    for host in shape.hosts:
        give(shape, host.name)


def host_key(host: str) -> Path:
    return paths.SSH / f"{host}_ed25519"


def public(key: Path) -> str:
    return public_path(key).read_text()


def new_key(path: Path, comment: str) -> None:
    if public_path(path).exists():
        return
    path.unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", str(path)]
    children.run(command, check=True, capture_output=True)


def public_path(key: Path) -> Path:
    return key.with_name(f"{key.name}.pub")


def known_hosts(shape: Shape) -> str:
    lines = []
    for host in shape.hosts:
        kind, key = public(host_key(host.name)).split()[:2]
        lines.append(f"{host.name},{host.address(MGMT)} {kind} {key}\n")
    return "".join(lines)


def client_config(shape: Shape, key: str, known: str) -> str:
    blocks = [f"Host {host.name}\n  HostName {host.address(MGMT)}\n" for host in shape.hosts]
    return "".join(blocks) + (
        "Host *\n"
        "  User root\n"
        f"  IdentityFile {key}\n"
        "  IdentitiesOnly yes\n"
        f"  UserKnownHostsFile {known}\n"
        "  GlobalKnownHostsFile /dev/null\n"
        "  StrictHostKeyChecking yes\n"
    )


def give(shape: Shape, host: str) -> None:
    sshd = paths.in_host_folder(host, "/etc/ssh")
    own = paths.in_host_folder(host, "/root/.ssh")
    sshd.mkdir(parents=True, exist_ok=True)
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    (sshd / "sshd_config").write_text(SSHD_CONFIG)
    shutil.copy(host_key(host), sshd / "ssh_host_ed25519_key")
    shutil.copy(HOSTS_KEY, own / "id_ed25519")
    (own / "authorized_keys").write_text(public(CONTROLLER_KEY) + public(HOSTS_KEY))
    (own / "known_hosts").write_text(known_hosts(shape))
    (own / "config").write_text(client_config(shape, "/root/.ssh/id_ed25519", "/root/.ssh/known_hosts"))
