"""The user's own token for the hub."""

import asyncio

import pytest

from modeladmit.cli.hub_token import HubToken
from modeladmit.core.credentials import ANONYMOUS, BearerCredential
from modeladmit.settings import hub_token


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("huggingface.co", BearerCredential("hf_secret")),
        ("huggingface.co:8443", None),
        ("cdn-lfs.huggingface.co", None),
        ("registry.example.com", None),
    ],
)
def test_it_is_shown_to_the_hub_alone(host, expected):
    token = HubToken("https://huggingface.co", "hf_secret")
    assert expected == asyncio.run(token.credentials(host, "owner/name", ANONYMOUS))


def test_it_goes_where_the_settings_say_that_the_hub_is():
    token = HubToken("https://hub.corp/", "hf_secret")
    found = [
        asyncio.run(token.credentials(h, "", ANONYMOUS)) for h in ("hub.corp", "huggingface.co")
    ]
    assert [BearerCredential("hf_secret"), None] == found


def test_without_one_the_hub_is_asked_anonymously():
    token = HubToken("https://huggingface.co", hub_token({}))
    assert asyncio.run(token.credentials("huggingface.co", "", ANONYMOUS)) is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [({}, ""), ({"HF_TOKEN": ""}, ""), ({"HF_TOKEN": " hf_secret\n"}, "hf_secret")],
)
def test_where_users_keep_it(environment, expected):
    assert expected == hub_token(environment)
