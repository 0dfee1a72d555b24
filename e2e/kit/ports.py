"""Free ports on loopback, for servers that must be told theirs."""

import atexit
import random
import socket

# Below the range from which the kernel takes ports for outgoing connections, and below node ports.
_RANGE = range(20_000, 30_000)


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that no other run of the kit gets while this process lives.

    The claim is a name in the abstract socket namespace: the kernel hands it to one process and takes
    it back when that process ends. So two runs never race for the moment between asking and binding.
    """
    for port in random.sample(_RANGE, len(_RANGE)):
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0modeladmit-port-{port}")
            with socket.create_server(("127.0.0.1", port)):
                pass
        except OSError:
            claim.close()
            continue
        atexit.register(claim.close)
        return port
    raise OSError("no free port on 127.0.0.1")
