"""Signatures of a private Sigstore, made by real clients, judged by the webhook behind a real API server."""

import json
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from e2e.admission.installation import CLOSED, Webhook, apply_policy, trust_policy
from e2e.admission.workloads import pod
from e2e.kit.cluster import Cluster
from e2e.kit.commands import run
from e2e.kit.cosign import cosign
from e2e.kit.models import Model, model_files, push_model
from e2e.kit.registries import Registry
from e2e.kit.sigstore import Sigstore
from e2e.kit.sigstore_servers import private_sigstore
from e2e.kit.tools import tool
from e2e.kit.tuf_mirror import TufMirror
from e2e.kit.waiting import until

RELEASE, EVE = "release@models.test", "eve@models.test"
EVALUATION = "https://in-toto.io/attestation/test-result/v0.1"


@dataclass(frozen=True, slots=True)
class Corporation:
    """A namespace whose policy believes one identity of one private Sigstore."""

    namespace: str
    policy: str
    labels: dict[str, str]
    root: str


def trust_root(cluster: Cluster, trusted_root: bytes) -> str:
    """Apply a TrustRoot with a trusted_root.json and return its name."""
    return apply_root(cluster, {"trustedRoot": trusted_root.decode()})


def apply_root(cluster: Cluster, sigstore: dict[str, Any]) -> str:
    """Apply a TrustRoot and return its name."""
    name = f"root-{secrets.token_hex(3)}"
    spec = {"sigstore": sigstore}
    manifest = {
        "apiVersion": "modeladmit.io/v1alpha1",
        "kind": "TrustRoot",
        "metadata": {"name": name},
        "spec": spec,
    }
    cluster.kubectl("apply", "-f", "-", input=manifest)
    return name


def believing(root: str, issuer: str, labels: dict[str, str], **require: Any) -> dict[str, Any]:
    """A policy that asks for the release identity's signature."""
    identity = {"issuer": issuer, "subject": RELEASE}
    return {
        "mode": "Enforce",
        "match": {"namespaceSelector": {"matchLabels": labels}},
        "require": require or {"signatures": {"of": ["release"]}},
        "authorities": [
            {
                "name": "release",
                "keyless": {"identities": [identity], "trustRootRef": {"name": root}},
            }
        ],
    }


@pytest.fixture
def corporation(cluster: Cluster, door: Webhook, sigstore: Sigstore) -> Iterator[Corporation]:
    name = f"keyless-{secrets.token_hex(3)}"
    labels = {"e2e.modeladmit.io/policy": name}
    root = trust_root(cluster, sigstore.trusted_root.read_bytes())
    apply_policy(door, name, believing(root, sigstore.issuer.url, labels))
    with cluster.namespace("corporation", {**CLOSED, **labels}) as namespace:
        yield Corporation(namespace, name, labels, root)
    cluster.kubectl("delete", "trustpolicy", name)
    cluster.kubectl("delete", "trustroot", root)


def judged(cluster: Cluster, corporation: Corporation, model: Model) -> str:
    """The API server's answer to a Pod that serves the model: empty when it is admitted."""
    wanted = pod(corporation.namespace, f"llm-{secrets.token_hex(3)}", model.by_digest)
    done = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=wanted, check=False)
    return "" if done.returncode == 0 else done.stderr


def admitted(cluster: Cluster, corporation: Corporation, model: Model) -> None:
    """Wait for it: a denial may rest on a list of signatures that is some seconds old."""
    until(lambda: judged(cluster, corporation, model) == "", what="the Pod is admitted", seconds=15)


def test_a_keyless_signature_admits(
    cluster: Cluster, corporation: Corporation, sigstore: Sigstore, registry: Registry
) -> None:
    """cosign signs without a key, the TrustRoot is applied, the Pod is created: on registries of either kind."""
    model = push_model(registry, "models/corporate", files=model_files(31))
    assert "no signature by any of release" in judged(cluster, corporation, model)
    sigstore.sign_keyless(model, RELEASE)
    admitted(cluster, corporation, model)
    wanted = pod(corporation.namespace, f"llm-{secrets.token_hex(3)}", model.by_digest)
    cluster.kubectl("create", "-f", "-", input=wanted)


def test_a_trusted_root_comes_from_a_tuf_mirror(
    cluster: Cluster, door: Webhook, sigstore: Sigstore, mirror: TufMirror, referrers: Registry
) -> None:
    """The TrustRoot names the mirror and the root of its keys; the webhook fetches the rest."""
    name = f"tuf-{secrets.token_hex(3)}"
    labels = {"e2e.modeladmit.io/policy": name}
    root = apply_root(
        cluster, {"tuf": {"mirror": mirror.url, "root": mirror.root.read_text(), "interval": "1h"}}
    )
    spec = believing(root, sigstore.issuer.url, labels)
    draft = trust_policy(name, spec)

    def accepted() -> bool:
        asked = cluster.kubectl("create", "--dry-run=server", "-f", "-", input=draft, check=False)
        return asked.returncode == 0

    until(accepted, what="the trusted root is fetched, so that the policy compiles", seconds=30)
    apply_policy(door, name, spec)
    model = push_model(referrers, "models/by-tuf", files=model_files(41))
    with cluster.namespace("tuf", {**CLOSED, **labels}) as namespace:
        corporation = Corporation(namespace, name, labels, root)
        assert "no signature by any of release" in judged(cluster, corporation, model)
        sigstore.sign_keyless(model, RELEASE)
        admitted(cluster, corporation, model)
    cluster.kubectl("delete", "trustpolicy", name)
    cluster.kubectl("delete", "trustroot", root)


def test_another_identity_is_denied_and_named(
    cluster: Cluster, corporation: Corporation, sigstore: Sigstore, referrers: Registry
) -> None:
    """A good signature by somebody else, and the developer reads by whom."""
    model = push_model(referrers, "models/by-eve", files=model_files(32))
    sigstore.sign_keyless(model, EVE)
    denied = judged(cluster, corporation, model)
    assert "[SignatureMissing]" in denied
    assert EVE in denied
    sigstore.sign_keyless(model, RELEASE)
    admitted(cluster, corporation, model)


def test_a_workflow_with_the_same_name_elsewhere_is_denied(
    cluster: Cluster, corporation: Corporation, sigstore: Sigstore, referrers: Registry
) -> None:
    """The issuer is part of who somebody is."""
    model = push_model(referrers, "models/by-workflow", files=model_files(33))
    sigstore.sign_keyless(model, sigstore.workflow("acme/models"))
    assert "[SignatureMissing]" in judged(cluster, corporation, model)


def test_another_instance_is_denied(
    cluster: Cluster, corporation: Corporation, referrers: Registry, tmp_path: Path
) -> None:
    """The same identity, certified by a Sigstore that nobody here believes."""
    model = push_model(referrers, "models/elsewhere", files=model_files(34))
    with private_sigstore(tmp_path / "elsewhere") as other:
        other.sign_keyless(model, RELEASE)
        assert other.verify(model, RELEASE).returncode == 0
    denied = judged(cluster, corporation, model)
    assert "not issued by any certificate authority of the trusted root" in denied
    assert RELEASE in denied


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("no timestamp authority", "nobody trusted vouches for the time of signing"),
        ("authority ended", "is not believed at"),
        ("log ended", "not trusted at the time"),
        ("no such log", "not in the trusted root"),
    ],
)
def test_a_root_that_does_not_reach_so_far_denies(
    cluster: Cluster, door: Webhook, sigstore: Sigstore, referrers: Registry, change: str, says: str
) -> None:
    """Expired authorities, ended logs, no trusted time: the same signature is worth nothing."""
    root = json.loads(sigstore.trusted_root.read_text())
    ended = "2020-01-02T00:00:00Z"
    match change:
        case "no timestamp authority":
            root["timestampAuthorities"] = []
        case "authority ended":
            root["certificateAuthorities"][0]["validFor"] = {
                "start": "2020-01-01T00:00:00Z",
                "end": ended,
            }
        case "log ended":
            root["tlogs"][0]["publicKey"]["validFor"] = {
                "start": "2020-01-01T00:00:00Z",
                "end": ended,
            }
        case _:
            root["tlogs"][0]["logId"]["keyId"] = "A" * 43 + "="
    name = f"keyless-{secrets.token_hex(3)}"
    labels = {"e2e.modeladmit.io/policy": name}
    believed = trust_root(cluster, json.dumps(root).encode())
    apply_policy(door, name, believing(believed, sigstore.issuer.url, labels))
    model = push_model(referrers, "models/limited", files=model_files(35))
    sigstore.sign_keyless(model, RELEASE)
    with cluster.namespace("limited", {**CLOSED, **labels}) as namespace:
        denied = judged(cluster, Corporation(namespace, name, labels, believed), model)
    assert says in denied
    cluster.kubectl("delete", "trustpolicy", name)
    cluster.kubectl("delete", "trustroot", believed)


def test_an_attestation_without_a_key(
    cluster: Cluster, door: Webhook, sigstore: Sigstore, referrers: Registry
) -> None:
    """A signed evaluation with its time, and a rule on what it says."""
    name = f"evaluated-{secrets.token_hex(3)}"
    labels = {"e2e.modeladmit.io/policy": name}
    root = trust_root(cluster, sigstore.trusted_root.read_bytes())
    wanted = {
        "predicateType": EVALUATION,
        "signedBy": {"of": ["release"]},
        "maxAge": "1h",
        "rules": [
            {"cel": 'predicate.result == "PASSED"', "message": "the evaluation did not pass"}
        ],
    }
    apply_policy(door, name, believing(root, sigstore.issuer.url, labels, attestations=[wanted]))
    model = push_model(referrers, "models/evaluated", files=model_files(36))
    with cluster.namespace("evaluated", {**CLOSED, **labels}) as namespace:
        here = Corporation(namespace, name, labels, root)
        assert "[AttestationMissing]" in judged(cluster, here, model)
        sigstore.attest_keyless(model, RELEASE, EVALUATION, {"result": "FAILED"})
        until(
            lambda: "the evaluation did not pass" in judged(cluster, here, model),
            what="the failed evaluation is seen",
            seconds=15,
        )
        sigstore.attest_keyless(model, RELEASE, EVALUATION, {"result": "PASSED"})
        admitted(cluster, here, model)
    cluster.kubectl("delete", "trustpolicy", name)
    cluster.kubectl("delete", "trustroot", root)


def model_signature(sigstore: Sigstore, folder: Path, who: str) -> Path:
    """Sign a folder with the real `model_signing` client."""
    signature = folder / "model.sig"
    token = sigstore.identity_token(who)
    run(
        Path(sys.executable), "-m", "model_signing", "sign", "sigstore", str(folder),
        f"--trust_config={sigstore.client_trust_config}", f"--identity_token={token}", f"--signature={signature}",
    )  # fmt: skip
    return signature


def modeladmit(*arguments: object) -> tuple[int, str]:
    """Run the command line."""
    done = run(Path(sys.executable), "-m", "modeladmit", *map(str, arguments), check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_model_signed_by_model_signing(sigstore: Sigstore, tmp_path: Path) -> None:
    """The files on disk against a keyless model signature: right, by somebody else, by another root, changed."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in model_files(37).items():
        (folder / name).write_bytes(content)
    model_signature(sigstore, folder, RELEASE)
    issuer = f"--certificate-oidc-issuer={sigstore.issuer.url}"
    root = f"--trusted-root={sigstore.trusted_root}"
    good = ("verify-files", folder, f"--certificate-identity={RELEASE}", issuer, root)
    assert modeladmit(*good)[0] == 0
    code, said = modeladmit("verify-files", folder, f"--certificate-identity={EVE}", issuer, root)
    assert (code, RELEASE in said) == (1, True)
    code, said = modeladmit("verify-files", folder, f"--certificate-identity={RELEASE}", issuer)
    assert (code, "not issued by any certificate authority" in said) == (1, True)
    (folder / "config.json").write_bytes(b"{}")
    code, said = modeladmit(*good)
    assert (code, "config.json" in said) == (1, True)


def test_a_model_signature_beside_an_artifact_admits_its_files(
    cluster: Cluster,
    corporation: Corporation,
    sigstore: Sigstore,
    referrers: Registry,
    tmp_path: Path,
) -> None:
    """Attached as a bundle, it vouches for an artifact whose raw layers are the signed files, and for no other."""
    files = model_files(38)
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    signature = model_signature(sigstore, folder, RELEASE)
    same = push_model(referrers, "models/signed-files", files=files)
    other = push_model(referrers, "models/other-files", files=model_files(39))
    for model in (same, other):
        attach(model, signature)
    admitted(cluster, corporation, same)
    assert "[SignatureMissing]" in judged(cluster, corporation, other)


def attach(model: Model, bundle: Path) -> None:
    """Store a bundle as a referrer, as `oras` does."""
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    run(
        tool("oras"), "attach", "--plain-http", f"--artifact-type={kind}", model.by_digest,
        f"{bundle.name}:{kind}", cwd=bundle.parent,
    )  # fmt: skip


def test_one_bundle_offline(sigstore: Sigstore, tmp_path: Path) -> None:
    """cosign signs a file; `verify-bundle` agrees with `cosign verify-blob` about who, what and by which root."""
    artifact, bundle = tmp_path / "artifact", tmp_path / "bundle.json"
    artifact.write_bytes(b"weights")
    sigstore.sign_blob(artifact, RELEASE, bundle)
    for who, code in ((RELEASE, 0), (EVE, 1)):
        flags = (
            f"--bundle={bundle}",
            f"--certificate-identity={who}",
            f"--certificate-oidc-issuer={sigstore.issuer.url}",
            f"--trusted-root={sigstore.trusted_root}",
        )
        assert modeladmit("verify-bundle", *flags, artifact)[0] == code
        assert (cosign("verify-blob", *flags, str(artifact), check=False).returncode == 0) == (
            code == 0
        )
    artifact.write_bytes(b"other weights")
    flags = (
        f"--bundle={bundle}",
        f"--certificate-identity={RELEASE}",
        f"--certificate-oidc-issuer={sigstore.issuer.url}",
        f"--trusted-root={sigstore.trusted_root}",
    )
    assert modeladmit("verify-bundle", *flags, artifact)[0] == 1


def test_junk_beside_a_model_does_not_hide_its_signature(
    cluster: Cluster,
    corporation: Corporation,
    sigstore: Sigstore,
    referrers: Registry,
    tmp_path: Path,
) -> None:
    """Anybody who may push may attach: what is no signature is no reason to deny."""
    model = push_model(referrers, "models/noisy", files=model_files(40))
    for index in range(12):
        junk = tmp_path / f"junk-{index}.json"
        junk.write_text(
            json.dumps(
                {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "index": index}
            )
        )
        attach(model, junk)
    sigstore.sign_keyless(model, EVE)
    assert "[SignatureMissing]" in judged(cluster, corporation, model)
    sigstore.sign_keyless(model, RELEASE)
    admitted(cluster, corporation, model)
