"""Which hosts and addresses may be asked (design section 6): the defence against server-side request forgery.

References come from users, and so do redirects and realms in the end. A host must be listed; its addresses must be
global, or in the networks that the settings allow for that very name; both are checked for every connection.
"""

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from yarl import URL

from modeladmit.core.naming import canonical_host
from modeladmit.errors import ConfigurationError, HostForbidden, InvalidReference
from modeladmit.sources import public_hubs
from modeladmit.sources.settings import LOOPBACK, PRIVATE, HostSettings, Network, SourceSettings

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = ip_network("64:ff9b::/96")
_NOT_GLOBAL: Final = tuple(
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
"""Special purposes (IANA's registries) that some of the Pythons we run on take for the internet, and RFC 3879's old site-local."""
_METADATA: Final = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # AWS, Azure, GCP and most others
        "169.254.170.2",  # credentials of ECS tasks
        "169.254.170.23",  # credentials of EKS Pods
        "fd00:ec2::254",
        "fd00:ec2::23",
        "fd20:ce::254",  # GCP
        "100.100.100.200",  # Alibaba Cloud
        "168.63.129.16",  # Azure's wire server, at a public address
        "192.0.0.192",  # Oracle Cloud
    )
)
"""Where clouds hand out credentials: in private and public ranges too, so that an allow for a range is none for them."""


def authority(url: URL) -> str:
    """`host[:port]` of a URL in canonical form (default port and trailing dot dropped, Docker Hub's names folded)."""
    host = f"[{url.host}]" if ":" in (url.host or "") else (url.raw_host or "")
    return _folded(f"{host}:{url.port}" if url.port else host, url.scheme)


def url_of(text: str, *, base: URL | None = None) -> URL:
    """What a server names as the next place. Raises ValueError, also for what yarl finds out only when it is asked."""
    url = URL(text, encoded=True)
    url = base.join(url) if base is not None else url
    if url.host is None or url.port is None:
        raise ValueError("not a place")
    return url


def _folded(host: str, scheme: str) -> str:
    try:
        return canonical_host(host, scheme)
    except InvalidReference:
        return ""  # attack: `127.1` is 127.0.0.1 for a resolver and a name for a pattern; nothing lists the empty name


class Hosts:
    """The lists. Policies add to them while the process runs; everything else is fixed."""

    def __init__(self, settings: SourceSettings) -> None:
        self._rules = {
            _canonical(rule.host, plain=rule.plain_http): rule for rule in settings.hosts
        }
        for rule in settings.hosts:
            for mirror in rule.mirrors:
                self._rules.setdefault(
                    _canonical(mirror.partition("/")[0]), HostSettings(mirror.partition("/")[0])
                )
        for endpoint in settings.endpoints:
            # Whoever writes an endpoint into the settings allows it by name; the public ones need no rule.
            url = URL(endpoint)
            if (host := authority(url)) not in public_hubs.ALL:
                self._rules.setdefault(host, HostSettings(host, plain_http=url.scheme == "http"))
        if settings.proxy is not None:
            proxy = URL(settings.proxy)
            self._rules.setdefault(
                authority(proxy), HostSettings(authority(proxy), networks=(*PRIVATE, *LOOPBACK))
            )
        self._fixed = _Names(
            (*settings.allowed_hosts, *(public_hubs.ALL if settings.public_hubs else ()))
        )
        self._policies = _Names(())

    def set_policy_hosts(self, hosts: Iterable[str]) -> None:
        """Replace the hosts that policies name in `sources`. They are allowed at global addresses only."""
        self._policies = _Names(hosts)

    def rule(self, host: str) -> HostSettings | None:
        """What the settings say about a host, if they name it."""
        return self._rules.get(host)

    def own_certificates(self) -> Iterator[tuple[str, HostSettings]]:
        """Hosts with an authority or a client certificate of their own."""
        for host, rule in self._rules.items():
            if rule.ca_bundle is not None or rule.client_certificate is not None:
                yield host, rule

    def listed(self, host: str) -> bool:
        """Whether anybody lists the host."""
        return bool(host) and (host in self._rules or host in self._fixed or host in self._policies)

    def check_url(self, url: URL) -> None:
        """Raise HostForbidden unless the URL may be asked at all."""
        host = authority(url)
        if (
            url.scheme not in _DEFAULT_PORTS
            or not url.host
            or url.user is not None
            or url.password is not None
        ):
            raise HostForbidden("only plain http(s) URLs without user information may be asked")
        if not host:
            raise HostForbidden(
                f"{url.host[:253]!r} is not a host that may be asked; write a name, or an address in full"
            )
        rule = self._rules.get(host)
        if not self.listed(host):
            raise HostForbidden(
                f"{host} is in no policy's `sources` and not in the settings' registries or allowedHosts"
            )
        if url.scheme == "http" and (rule is None or not rule.plain_http):
            raise HostForbidden(
                f"plain HTTP to {host} is not allowed; the settings' registries allow it with plainHTTP: true"
            )
        if (address := _literal(url.host.rstrip("."))) is not None:
            self._check_address(host, address)

    def check_address(self, name: str, port: int, text: str) -> None:
        """Raise HostForbidden unless the name may be at this address. Called for every address of every connection."""
        # The scheme is not known here; both default ports stand for the bare name.
        host = name if port in _DEFAULT_PORTS.values() else f"{name}:{port}"
        self._check_address(_folded(host, "https"), ip_address(text))

    def may_give_tokens(self, registry: str, realm: URL) -> bool:
        """Whether a registry's Bearer realm is one that may be shown its credentials."""
        host = authority(realm)
        rule = self._rules.get(registry)
        trusted = {
            registry,
            *public_hubs.TOKEN_HOSTS.get(registry, ()),
            *(rule.token_hosts if rule else ()),
        }
        return host in trusted

    def _check_address(self, host: str, address: IPv4Address | IPv6Address) -> None:
        address = _unwrapped(address)
        metadata = address in _METADATA
        if _is_global(address) and not metadata:
            return
        rule = self._rules.get(host)
        networks = () if rule is None else _networks(rule, address)
        if any(network == ip_network(address) for network in networks):
            return
        if not metadata and any(address in network for network in networks):
            return
        cure = (
            "the settings' registries must list the host by name to allow that"
            if rule is None
            else "the networks of its entry in the settings' registries do not hold it"
        )
        raise HostForbidden(f"{host} is at an address that is not public; {cure}")


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in network for network in _NOT_GLOBAL)
    )


def _networks(rule: HostSettings, address: IPv4Address | IPv6Address) -> tuple[Network, ...]:
    if rule.networks is not None:
        return rule.networks
    name = URL(f"http://{rule.host}").host or ""
    if (own := _literal(name)) is not None:
        return (ip_network(own),) if own == address else ()
    return LOOPBACK if name.lower() == "localhost" else PRIVATE


class _Names:
    """Exact names and patterns: `*.` in front is every name below, `*` between dots is one label."""

    def __init__(self, hosts: Iterable[str]) -> None:
        names = list(hosts)
        self._exact = frozenset(_canonical(name) for name in names if "*" not in name)
        patterns = sorted({_pattern(name.lower()) for name in names if "*" in name})
        self._patterns = re.compile("|".join(patterns)) if patterns else None

    def __contains__(self, host: str) -> bool:
        return host in self._exact or (
            self._patterns is not None and self._patterns.fullmatch(host) is not None
        )


def _pattern(name: str) -> str:
    first, *others = name.split(".")
    labels = [r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+" if first == "*" else re.escape(first)]
    labels += [r"[a-z0-9_-]+" if label == "*" else re.escape(label) for label in others]
    return r"\.".join(labels)


def _canonical(host: str, *, plain: bool = False) -> str:
    try:
        return canonical_host(host, "http" if plain else "https")
    except InvalidReference as error:
        raise ConfigurationError(
            f"a host in the settings cannot be read ({error}); write name[:port]"
        ) from None


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 form carries: mapped, 6to4, Teredo and NAT64 all reach 127.0.0.1 if asked to."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None) or address
