"""The lab's certificate authority and what it signs.

One certificate for each host, which serves as libvirt's server and client and
as QEMU's for migration, and one for the controller. Anything present is kept.
"""

import os
import secrets
import shutil
from pathlib import Path

from . import children, paths
from .shape import MGMT, Host, Shape

DAYS = "3650"
CA_CERTIFICATE = paths.PKI / "cacert.pem"
CA_KEY = paths.PKI / "cakey.pem"
CLIENT_CERTIFICATE = paths.PKI / "clientcert.pem"
CLIENT_KEY = paths.PKI / "clientkey.pem"

EXTENSIONS = """\
basicConstraints = critical, CA:FALSE
keyUsage = digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
"""


def make_certificates(shape: Shape) -> None:
    paths.PKI.mkdir(parents=True, exist_ok=True)
    if not CA_CERTIFICATE.exists():
        make_authority()
    if not CLIENT_CERTIFICATE.exists():
        sign("controller", "", CLIENT_CERTIFICATE, CLIENT_KEY)
    for host in shape.hosts:
        install(host)


def openssl(*arguments: str) -> None:
    children.run(["openssl", *arguments], check=True, capture_output=True)


def new_key(path: Path) -> None:
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(path))
    path.chmod(0o600)


def make_authority() -> None:
    new_key(CA_KEY)
    fresh = CA_CERTIFICATE.with_suffix(".new")
    openssl(
        *("req", "-x509", "-key", str(CA_KEY), "-days", DAYS, "-subj", "/O=lifeboat-lab/CN=lifeboat-lab CA"),
        *("-addext", "keyUsage = critical, keyCertSign, cRLSign", "-out", str(fresh)),
    )
    os.replace(fresh, CA_CERTIFICATE)


def sign(name: str, alternative_names: str, certificate: Path, key: Path) -> None:
    """Writes a key and, last of all and whole, the certificate that shows it is complete."""
    new_key(key)
    request, extensions, fresh = (certificate.with_suffix(suffix) for suffix in (".csr", ".ext", ".new"))
    openssl("req", "-new", "-key", str(key), "-subj", f"/O=lifeboat-lab/CN={name}", "-out", str(request))
    extensions.write_text(EXTENSIONS + (f"subjectAltName = {alternative_names}\n" if alternative_names else ""))
    openssl(
        *("x509", "-req", "-in", str(request), "-CA", str(CA_CERTIFICATE), "-CAkey", str(CA_KEY), "-days", DAYS),
        *("-set_serial", str(secrets.randbits(64)), "-extfile", str(extensions), "-out", str(fresh)),
    )
    request.unlink()
    extensions.unlink()
    os.replace(fresh, certificate)


def install(host: Host) -> None:
    """Puts the host's certificate where libvirt and QEMU look for it by default."""
    root = paths.in_host_folder(host.name, "/etc/pki")
    certificate = root / "libvirt/servercert.pem"
    if certificate.exists():
        return
    signed, key = paths.PKI / f"{host.name}-cert.pem", paths.PKI / f"{host.name}-key.pem"
    if not signed.exists():
        sign(host.name, f"DNS:{host.name}, IP:{host.address(MGMT)}", signed, key)
    for source, target in (
        (CA_CERTIFICATE, "CA/cacert.pem"),
        (key, "libvirt/private/serverkey.pem"),
        (key, "libvirt/private/clientkey.pem"),
        (signed, "libvirt/clientcert.pem"),
        (CA_CERTIFICATE, "qemu/ca-cert.pem"),
        (key, "qemu/server-key.pem"),
        (key, "qemu/client-key.pem"),
        (signed, "qemu/server-cert.pem"),
        (signed, "qemu/client-cert.pem"),
        (signed, "libvirt/servercert.pem"),
    ):
        fresh = root / f"{target}.new"
        fresh.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, fresh)
        os.replace(fresh, root / target)
