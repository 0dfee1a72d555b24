"""TrustPolicies and what they need, from files: compiled as the webhook compiles them, every problem with its line."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from modeladmit.api.compile import (
    PUBLIC_GOOD,
    Compiled,
    CompiledTrustRoot,
    MappedReferents,
    compile_exemption,
    compile_model_ref,
    compile_policy,
    compile_trust_root,
)
from modeladmit.api.wire import GROUP
from modeladmit.cli.manifests import Manifest, manifests
from modeladmit.cli.places import Places
from modeladmit.cluster.policy_hosts import policy_hosts
from modeladmit.core.authority import Authority
from modeladmit.core.fieldpath import FieldPath
from modeladmit.core.policy import Exemption, Policy
from modeladmit.core.situation import DeclaredModel
from modeladmit.engine.snapshot import Snapshot
from modeladmit.errors import InvalidFieldPath, InvalidInput
from modeladmit.settings import Settings
from modeladmit.wiring import public_good

_KINDS: Final = (
    "TrustPolicy",
    "TrustRoot",
    "PolicyExemption",
    "ModelRef",
    "ConfigMap",
    "Secret",
    "Namespace",
)


class UnreadablePolicy(InvalidInput):
    """Policy files that do not compile; the message has a line for each problem."""


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """What `--policy` files hold, compiled."""

    policies: tuple[Policy, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    declared: Mapping[str, tuple[DeclaredModel, ...]] = field(default_factory=dict)
    namespaces: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Labels of the Namespaces among the files."""

    @property
    def snapshot(self) -> Snapshot:
        """The same as the webhook would have it from the API server."""
        return Snapshot(self.policies, self.exemptions, self.declared, self.namespaces, synced=True)

    @property
    def authorities(self) -> tuple[Authority, ...]:
        """Every authority of every policy, each name once."""
        return tuple(
            {
                name: authority
                for policy in self.policies
                for name, authority in policy.authorities.items()
            }.values()
        )

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that `sources` name: the ones that may be asked."""
        return policy_hosts(self.policies)


def load_policies(names: Sequence[str], settings: Settings) -> PolicyFiles:
    """Read and compile policy files. Raises UnreadablePolicy with every problem, and UnreadableManifest."""
    found = list(manifests(names))
    problems, places = list[str](), Places()
    by_kind: dict[str, list[Manifest]] = {kind: [] for kind in _KINDS}
    for manifest in found:
        kind = _kind(manifest)
        if kind is None:
            what = f"{manifest.content.get('apiVersion')} {manifest.content['kind']}"
            problems.append(_line(manifest, places, f"{what} is none of {', '.join(_KINDS)}"))
        else:
            by_kind[kind].append(manifest)
    keys = _referents((*by_kind["Secret"], *by_kind["ConfigMap"]))

    def compiled(manifest: Manifest, result: Compiled[Any]) -> Any:
        problems.extend(
            _line(manifest, places, problem.message, problem.field) for problem in result.problems
        )
        return None if result.problems else result.value

    roots = {PUBLIC_GOOD: CompiledTrustRoot(PUBLIC_GOOD, public_good(settings))}
    for manifest in by_kind["TrustRoot"]:
        if root := compiled(manifest, compile_trust_root(manifest.content, keys=keys)):
            roots[root.name] = root
    policies = [
        policy
        for manifest in by_kind["TrustPolicy"]
        if (
            policy := compiled(
                manifest, compile_policy(manifest.content, trust_roots=roots, keys=keys)
            )
        )
    ]
    exemptions = [
        exemption
        for manifest in by_kind["PolicyExemption"]
        if (exemption := compiled(manifest, compile_exemption(manifest.content)))
    ]
    declared: dict[str, list[DeclaredModel]] = {}
    for manifest in by_kind["ModelRef"]:
        if model := compiled(manifest, compile_model_ref(manifest.content)):
            declared.setdefault(model.namespace, []).append(model.declared)
    if problems:
        raise UnreadablePolicy("\n".join(problems))
    if names and not policies:
        raise UnreadablePolicy(f"{', '.join(names)}: no TrustPolicy in it")
    return PolicyFiles(
        tuple(policies),
        tuple(exemptions),
        {namespace: tuple(models) for namespace, models in declared.items()},
        namespaces_in(by_kind["Namespace"]),
    )


def namespaces_in(found: Sequence[Manifest]) -> dict[str, Mapping[str, str]]:
    """Labels of every Namespace object, with the one that the API server adds."""
    labels: dict[str, Mapping[str, str]] = {}
    for manifest in found:
        metadata = manifest.content.get("metadata")
        if (
            manifest.content.get("kind") == "Namespace"
            and isinstance(metadata, Mapping)
            and isinstance(metadata.get("name"), str)
        ):
            written = metadata.get("labels")
            own = written if isinstance(written, Mapping) else {}
            labels[metadata["name"]] = {
                **{str(k): str(v) for k, v in own.items()},
                "kubernetes.io/metadata.name": metadata["name"],
            }
    return labels


def _kind(manifest: Manifest) -> str | None:
    group, _, _ = str(manifest.content.get("apiVersion", "")).rpartition("/")
    kind = manifest.content.get("kind")
    if kind not in _KINDS:
        return None
    own = kind not in {"ConfigMap", "Secret", "Namespace"}
    return kind if group == (GROUP if own else "") else None


def _referents(found: Sequence[Manifest]) -> MappedReferents:
    secrets: dict[tuple[str, str], bytes] = {}
    config_maps: dict[tuple[str, str], bytes] = {}
    for manifest in found:
        content = manifest.content
        metadata = content.get("metadata")
        name = str(metadata.get("name")) if isinstance(metadata, Mapping) else ""
        target = secrets if content.get("kind") == "Secret" else config_maps
        for key, value in _values(content):
            target[name, key] = value
    return MappedReferents(secrets, config_maps)


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """`data` of a Secret and `binaryData` are base64, `stringData` and `data` of a ConfigMap are text."""
    encoded = {"binaryData", "data"} if content.get("kind") == "Secret" else {"binaryData"}
    for name in ("binaryData", "data", "stringData"):
        entries = content.get(name)
        for key, value in entries.items() if isinstance(entries, Mapping) else ():
            if isinstance(value, str):
                try:
                    yield (
                        str(key),
                        b64decode(value, validate=True) if name in encoded else value.encode(),
                    )
                except ValueError:
                    continue  # the policy that needs it says that the key is not there


def _line(manifest: Manifest, places: Places, message: str, field: str = "") -> str:
    try:
        path = FieldPath.parse(field)
    except InvalidFieldPath:
        path = FieldPath()
    metadata = manifest.content.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    what = f"{manifest.content.get('kind') or 'object'}/{name or '(no name)'}"
    return f"{manifest.file.name}:{places.line(manifest, path)}: {what}: {f'{field}: ' if field else ''}{message}"
