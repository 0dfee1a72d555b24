"""Which hosts and addresses may be asked."""

from ipaddress import ip_network

import pytest
from yarl import URL

from modeladmit.errors import ConfigurationError, HostForbidden
from modeladmit.sources.hosts import Hosts, authority
from modeladmit.sources.settings import HostSettings, SourceSettings


def _hosts(*rules: HostSettings, **settings: object) -> Hosts:
    return Hosts(SourceSettings(hosts=rules, **settings))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url",
    [
        "https://huggingface.co/api/models",
        "https://cdn-lfs-us-1.hf.co/x",
        "https://ghcr.io/v2/",
        "https://registry-1.docker.io/v2/",
        "https://auth.docker.io/token",
        "https://bucket.s3.eu-central-1.amazonaws.com/key",
        "https://123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/",
        "https://account.blob.core.windows.net/c/b",
    ],
)
def test_public_hubs_are_built_in(url: str) -> None:
    """The hubs, their token hosts and their content hosts need no settings."""
    _hosts().check_url(URL(url))
    with pytest.raises(HostForbidden):
        _hosts(public_hubs=False).check_url(URL(url))


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/",
        "https://huggingface.co.evil.example.com/",
        "https://evilhuggingface.co/",
        "https://huggingface.co:8443/",
        "https://api.execute-api.us-east-1.amazonaws.com/",
        "https://s3.evil.com/",
        "http://huggingface.co/",
        "https://user@huggingface.co/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://localhost/",
        "https://169.254.169.254/",
        "https://10.0.0.1/",
        "ftp://huggingface.co/",
        "https://2130706433/",
        "https://0x7f.1/",
    ],
)
def test_everything_else_is_not(url: str) -> None:
    """Neighbours of listed names, other ports, plain HTTP, users, internal addresses."""
    with pytest.raises(HostForbidden):
        _hosts().check_url(URL(url))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104 - an address to refuse
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:0:0:0:0:0:80ff:fffe",
        "192.0.0.1",
        "198.18.0.1",
        "240.0.0.1",
        "192.0.0.192",
        "192.88.99.1",
        "168.63.129.16",
        "64:ff9b:1::a00:1",
        "64:ff9b::a9fe:a9fe",
        "::ffff:168.63.129.16",
        "fd00:ec2::254",
        "fec0::1",
        "3fff::1",
        "5f00::1",
        "::127.0.0.1",
    ],
)
def test_a_public_name_has_public_addresses(address: str) -> None:
    """Every non-global address, in every disguise, is refused for a name that no rule speaks of."""
    with pytest.raises(HostForbidden):
        _hosts().check_address("huggingface.co", 443, address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_global_addresses_pass(address: str) -> None:
    """The internet."""
    _hosts().check_address("huggingface.co", 443, address)


@pytest.mark.parametrize(
    ("rule", "name", "address", "allowed"),
    [
        (HostSettings("registry.corp"), "registry.corp", "10.0.0.5", True),
        (HostSettings("registry.corp"), "registry.corp", "fc00::5", True),
        (HostSettings("registry.corp"), "REGISTRY.corp", "10.0.0.5", True),
        (HostSettings("registry.corp"), "registry.corp", "127.0.0.1", False),
        (HostSettings("registry.corp"), "registry.corp", "169.254.169.254", False),
        (HostSettings("registry.corp"), "other.corp", "10.0.0.5", False),
        (HostSettings("localhost"), "localhost", "127.0.0.1", True),
        (HostSettings("localhost"), "localhost", "10.0.0.1", False),
        (HostSettings("10.0.0.5"), "10.0.0.5", "10.0.0.5", True),
        (HostSettings("10.0.0.5"), "10.0.0.5", "10.0.0.6", False),
        (
            HostSettings("r.corp", networks=(ip_network("127.0.0.0/8"),)),
            "r.corp",
            "127.0.0.1",
            True,
        ),
        (HostSettings("r.corp", networks=()), "r.corp", "10.0.0.1", False),
        (HostSettings("registry.corp"), "registry.corp", "64:ff9b::a00:5", True),
        (HostSettings("registry.corp"), "registry.corp", "100.64.0.5", True),
        (HostSettings("registry.corp"), "registry.corp", "100.100.100.200", False),
        (HostSettings("registry.corp"), "registry.corp", "fd00:ec2::254", False),
        (HostSettings("registry.corp"), "registry.corp", "168.63.129.16", False),
        (
            HostSettings("r.corp", networks=(ip_network("169.254.0.0/16"),)),
            "r.corp",
            "169.254.169.254",
            False,
        ),
        (
            HostSettings("r.corp", networks=(ip_network("169.254.169.254/32"),)),
            "r.corp",
            "169.254.169.254",
            True,
        ),
    ],
)
def test_an_allow_by_name(rule: HostSettings, name: str, address: str, *, allowed: bool) -> None:
    """The settings allow private ranges for a name, loopback only where the name says so, link-local never."""
    hosts = _hosts(rule)
    if allowed:
        hosts.check_address(name, 443, address)
    else:
        with pytest.raises(HostForbidden):
            hosts.check_address(name, 443, address)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1./", "https://127.0.0.1/", "https://169.254.169.254./"]
)
def test_a_literal_address_is_checked_before_it_is_asked(url: str) -> None:
    """No resolver looks at it; a dot behind it changes nothing."""
    hosts = Hosts(SourceSettings(allowed_hosts=("127.0.0.1", "169.254.169.254")))
    with pytest.raises(HostForbidden, match="not public"):
        hosts.check_url(URL(url))


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "-a.example.com", "a..b"])
def test_what_is_no_host_is_told(host: str) -> None:
    """People read what they wrote, and what to write."""
    with pytest.raises(HostForbidden) as failure:
        _hosts().check_url(URL(f"https://{host}/", encoded=True))
    assert f"'{host}' is not a host that may be asked" in str(failure.value)


def test_a_rule_is_for_one_port() -> None:
    """A registry on port 5000 does not open the ports beside it."""
    hosts = _hosts(HostSettings("registry.corp:5000"))
    hosts.check_address("registry.corp", 5000, "10.0.0.5")
    with pytest.raises(HostForbidden):
        hosts.check_address("registry.corp", 6000, "10.0.0.5")


def test_policies_list_public_hosts_only() -> None:
    """A host in a policy's `sources` may be asked, but not at an internal address."""
    hosts = _hosts(public_hubs=False)
    hosts.set_policy_hosts(["registry.example.com", "*.mirror.example.com"])
    hosts.check_url(URL("https://registry.example.com/v2/"))
    hosts.check_url(URL("https://a.mirror.example.com/v2/"))
    with pytest.raises(HostForbidden):
        hosts.check_address("registry.example.com", 443, "10.0.0.5")
    hosts.set_policy_hosts([])
    with pytest.raises(HostForbidden):
        hosts.check_url(URL("https://registry.example.com/v2/"))


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://Registry.Example.COM:443/x", "registry.example.com"),
        ("http://registry.example.com:80/", "registry.example.com"),
        ("https://registry.example.com:5000/", "registry.example.com:5000"),
        ("https://registry.example.com./", "registry.example.com"),
        ("https://[::1]:5000/", "[::1]:5000"),
    ],
)
def test_authority(url: str, expected: str) -> None:
    """Hosts are compared in canonical form."""
    assert expected == authority(URL(url))


def test_unreadable_settings() -> None:
    """A host that cannot be read is our own setup's fault."""
    with pytest.raises(ConfigurationError):
        _hosts(HostSettings("https://registry.corp/path"))


def test_mirrors_and_proxies_are_listed() -> None:
    """Whoever names a mirror or a proxy allows it."""
    hosts = _hosts(
        HostSettings("docker.io", mirrors=("mirror.corp/cache",)), proxy="http://proxy.corp:3128"
    )
    assert hosts.listed("mirror.corp")
    hosts.check_address("proxy.corp", 3128, "10.0.0.1")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "a..b"])
def test_patterns_do_not_list_what_is_no_name(host: str) -> None:
    """Resolvers read `127.1` as an address, without a look-up that could be checked; no pattern lets it in."""
    hosts = Hosts(SourceSettings(allowed_hosts=("*", "*.1")))
    hosts.check_url(URL("https://anything.example.com/"))
    with pytest.raises(HostForbidden):
        hosts.check_url(URL(f"https://{host}/"))
