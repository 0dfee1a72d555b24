"""Real clients push to, sign in and verify from the registries of the kit."""

import json
from pathlib import Path

import pytest

from e2e.kit.commands import CommandError
from e2e.kit.cosign import Layout, SigningKey
from e2e.kit.models import ARTIFACT_TYPE, model_files, push_model, safetensors
from e2e.kit.registries import Registry, distribution_registry, referrers_registry


def test_equal_files_are_an_equal_digest_and_a_seed_makes_another_model(registry: Registry) -> None:
    """Digests of test models depend on their bytes alone."""
    one = push_model(registry, "models/equal", "v1")
    again = push_model(registry, "models/equal", "v2")
    other = push_model(registry, "models/equal", "v3", model_files(seed=1))
    assert one.digest == again.digest != other.digest
    manifest = json.loads(registry.get(f"models/equal/manifests/{one.digest}")[1])
    assert manifest["artifactType"] == ARTIFACT_TYPE


def test_a_tag_can_be_overwritten(registry: Registry) -> None:
    """The attack behind pinning: the same name, other bytes."""
    before = push_model(registry, "models/moved", "v1")
    after = push_model(registry, "models/moved", "v1", model_files(seed=7))
    assert before.by_tag == after.by_tag
    assert before.digest != after.digest


@pytest.mark.parametrize("layout", Layout)
def test_cosign_verifies_what_the_kit_signs(
    registry: Registry, signing_key: SigningKey, layout: Layout
) -> None:
    """Both layouts, on a registry with the referrers API and on one without."""
    model = push_model(registry, f"models/signed-{layout.value}")
    assert signing_key.verify(model).returncode != 0
    signing_key.sign(model, layout)
    assert signing_key.verify(model).returncode == 0
    tag = f"models/signed-{layout.value}/manifests/{model.digest.replace(':', '-')}"
    assert (layout is Layout.TAG) == (registry.get(f"{tag}.sig")[0] == 200)
    assert (layout is Layout.BUNDLE and not registry.has_referrers) == (registry.get(tag)[0] == 200)


def test_another_key_does_not_verify(
    registry: Registry, signing_key: SigningKey, tmp_path: Path
) -> None:
    """A signature counts for its own key only."""
    model = push_model(registry, "models/stranger")
    SigningKey.generate(tmp_path, "stranger").sign(model)
    assert signing_key.verify(model).returncode != 0


def test_an_attestation_is_a_referrer(referrers: Registry, signing_key: SigningKey) -> None:
    """Statements are found through the referrers API, with their predicate type in sight."""
    kind = "https://in-toto.io/attestation/test-result/v0.1"
    model = push_model(referrers, "models/attested")
    signing_key.attest(model, kind, {"result": "PASSED"})
    index = json.loads(referrers.get(f"models/attested/referrers/{model.digest}")[1])
    (descriptor,) = index["manifests"]
    assert kind == descriptor["annotations"]["dev.sigstore.bundle.predicateType"]


def test_only_one_of_the_two_has_the_referrers_api(registry: Registry) -> None:
    """Clients must cope with both."""
    model = push_model(registry, "models/api")
    status, _ = registry.get(f"models/api/referrers/{model.digest}")
    assert (200 if registry.has_referrers else 404) == status


def test_a_password_is_asked_for_and_accepted_over_tls(
    signing_key: SigningKey, tmp_path: Path
) -> None:
    """Push, sign and verify with a login and a private authority."""
    with distribution_registry(
        tmp_path, tls=True, login=("robot", "secret-of-the-robot")
    ) as registry:
        model = push_model(registry)
        signing_key.sign(model)
        assert signing_key.verify(model).returncode == 0
        stranger = Registry(
            registry.host, registry.home, registry.server, has_referrers=False, ca=registry.ca
        )
        with pytest.raises(CommandError, match=r"401|basic credential not found"):
            push_model(stranger)


def test_the_registry_in_memory_speaks_tls(signing_key: SigningKey, tmp_path: Path) -> None:
    """The referrers API behind a private authority."""
    with referrers_registry(tmp_path, tls=True) as registry:
        model = push_model(registry)
        signing_key.sign(model)
        assert signing_key.verify(model).returncode == 0


def test_the_weights_are_a_real_safetensors_file() -> None:
    """Eight bytes of length, a JSON header, data that the header accounts for to the last byte."""
    content = safetensors()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert header["lm_head.weight"]["data_offsets"][1] == len(content) - 8 - length
