"""Credentials tell accounts apart without showing them."""

from itertools import combinations

from modeladmit.core.credentials import (
    AccessKey,
    BasicCredential,
    BearerCredential,
    Credential,
    IdentityToken,
)

ALL: tuple[Credential, ...] = (
    BasicCredential("user", "one"),
    BasicCredential("user", "two"),
    BasicCredential("other", "one"),
    BearerCredential("one"),
    IdentityToken("one"),
    AccessKey("user", "one"),
    AccessKey("user", "two"),
)


def test_another_secret_is_another_account() -> None:
    """Tokens are remembered by account: who knows a name only must not get what its secret opened."""
    assert all(a.account != b.account for a, b in combinations(ALL, 2))


def test_an_account_cannot_be_met_by_trying() -> None:
    """A whole SHA-256: twelve digits of one can be searched for."""
    assert {64} == {len(credential.account) for credential in ALL}


def test_secrets_do_not_show() -> None:
    """Neither in the account nor in what is printed."""
    assert not any("one" in f"{credential!r}{credential.account}" for credential in ALL)
