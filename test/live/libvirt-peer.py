"""libvirt-python as the other opinion on what a libvirt host answers.

Started with a connection URI. Each line of stdin is a JSON request, each line of stdout the answer:

  {"on": [KIND, KEY...], "method": NAME, "args": [...]}   the value of that method, as {"value": ...}
  {"hold": [KIND, KEY...]}                                keeps that handle, whatever becomes of its object

An argument {"handle": [KIND, KEY...]} stands for such an object. libvirt's own errors come as {"error": {...}}; anything
else that goes wrong is a mistake in the request and comes as {"broken": TEXT}.
"""

import base64
import hashlib
import json
import sys

import libvirt
import libvirt_qemu

MAX_EXACT = 2**53 - 1  # the largest whole number that a JSON reader may keep in a double

held = {}


def main():
    libvirt.registerErrorHandler(lambda _context, _error: None, None)
    uri = sys.argv[1]
    connections = {"conn": libvirt.open(uri), "readonly": libvirt.openReadOnly(uri)}
    for line in sys.stdin:
        print(json.dumps(answer(connections, json.loads(line))), flush=True)
    for connection in connections.values():
        connection.close()


def answer(connections, request):
    try:
        if "hold" in request:
            held[tuple(request["hold"])] = find(connections, request["hold"])
            return {"value": None}
        args = [argument(connections, value) for value in request["args"]]
        if request["on"] == ["special"]:
            return {"value": plain(SPECIAL[request["method"]](*args))}
        return {"value": plain(getattr(find(connections, request["on"]), request["method"])(*args))}
    except libvirt.libvirtError as error:
        return {"error": described(error)}
    except Exception as error:  # the test that sent the request reports it
        return {"broken": f"{type(error).__name__}: {error}"}


def find(connections, key):
    if tuple(key) in held:
        return held[tuple(key)]
    conn = connections["conn"]
    kind, *names = key
    if kind in connections:
        return connections[kind]
    if kind == "volume":
        return conn.storagePoolLookupByName(names[0]).storageVolLookupByName(names[1])
    if kind == "snapshot":
        return conn.lookupByName(names[0]).snapshotLookupByName(names[1])
    if kind == "checkpoint":
        return conn.lookupByName(names[0]).checkpointLookupByName(names[1])
    lookup = {
        "domain": conn.lookupByName,
        "readonly-domain": connections["readonly"].lookupByName,
        "network": conn.networkLookupByName,
        "pool": conn.storagePoolLookupByName,
        "secret": conn.secretLookupByUUIDString,
        "readonly-secret": connections["readonly"].secretLookupByUUIDString,
    }
    return lookup[kind](*names)


def argument(connections, value):
    if isinstance(value, dict) and "handle" in value:
        return find(connections, value["handle"])
    if isinstance(value, list):
        return [argument(connections, item) for item in value]
    return value


def plain(value):
    """What the TypeScript side makes of its own values too: see `plain` in libvirt-peer.ts."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value if abs(value) <= MAX_EXACT else {"big": str(value)}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    for kind, fields in HANDLES.items():
        if isinstance(value, kind):
            return {name: plain(read(value)) for name, read in fields.items()}
    return value


HANDLES = {
    libvirt.virDomain: {"name": lambda d: d.name(), "uuid": lambda d: d.UUIDString(), "id": lambda d: d.ID()},
    libvirt.virNetwork: {"name": lambda n: n.name(), "uuid": lambda n: n.UUIDString()},
    libvirt.virStoragePool: {"name": lambda p: p.name(), "uuid": lambda p: p.UUIDString()},
    libvirt.virStorageVol: {
        "pool": lambda v: v.storagePoolLookupByVolume().name(),
        "name": lambda v: v.name(),
        "key": lambda v: v.key(),
    },
    libvirt.virSecret: {
        "uuid": lambda s: s.UUIDString(),
        "usageType": lambda s: s.usageType(),
        "usageID": lambda s: s.usageID(),
    },
    libvirt.virDomainSnapshot: {"name": lambda s: s.getName(), "dom": lambda s: s.getDomain()},
    libvirt.virDomainCheckpoint: {"name": lambda c: c.getName(), "dom": lambda c: c.getDomain()},
}


def described(error):
    return {
        "number": error.get_error_code(),
        "domain": error.get_error_domain(),
        "level": error.get_error_level(),
        "message": error.get_error_message(),
        "str1": error.get_str1(),
        "str2": error.get_str2(),
        "str3": error.get_str3(),
        "int1": error.get_int1(),
        "int2": error.get_int2(),
    }


def downloaded(volume, offset, length, flags):
    stream = volume.connect().newStream()
    volume.download(stream, offset, length, flags)
    return digest(stream)


def screenshot(domain, screen):
    stream = domain.connect().newStream()
    mime = domain.screenshot(stream, screen)
    return {"mime": mime, **digest(stream)}


def digest(stream):
    pieces = []
    stream.recvAll(lambda _stream, data, _opaque: pieces.append(data), None)
    stream.finish()
    data = b"".join(pieces)
    return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


SPECIAL = {
    "downloaded": downloaded,
    "screenshot": screenshot,
    "monitor": libvirt_qemu.qemuMonitorCommand,
    "agent": libvirt_qemu.qemuAgentCommand,
}

main()
