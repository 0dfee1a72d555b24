"""References as people type them on a command line."""

import re
from difflib import get_close_matches
from typing import Final

from modeladmit.core.reference import Reference, Scheme
from modeladmit.core.references import parse_image, parse_reference
from modeladmit.errors import InvalidInput, InvalidReference

_ALMOST: Final = re.compile(r"([a-z+]+)(?::/?|/{2,3})(?!/)(.+)", re.IGNORECASE)


def typed_reference(text: str, revision: str | None = None) -> Reference:
    """Read a URI with a scheme. Raises InvalidReference that says which scheme was probably meant."""
    if "://" in text:
        _check_scheme(text)
        return parse_reference(text, revision)
    guesses = _rewritten(text) or [uri for uri in (_as_image(text), _as_hub_id(text)) if uri]
    if not guesses:
        raise InvalidReference(
            f"{text} is no model reference; write its scheme, such as oci:// or hf://"
        )
    raise InvalidReference(f"a reference needs a scheme. Did you mean {' or '.join(guesses)}?")


def _check_scheme(text: str) -> None:
    """Raise InvalidReference with the scheme that was probably meant, when it is none."""
    scheme, _, rest = text.partition("://")
    meant = get_close_matches(scheme.lower(), list(Scheme), n=1, cutoff=0.5)
    if meant and scheme.lower() != meant[0]:
        try:
            parse_reference(text)
        except InvalidReference as error:
            try:
                guess = parse_reference(f"{meant[0]}://{rest}")
            except InvalidReference:
                raise error from None
            raise InvalidReference(f"{error}. Did you mean {guess}?") from None


def _rewritten(text: str) -> list[str]:
    """`oci:/x`, `oci//x` and `oci:x` with their scheme as it is written."""
    match = _ALMOST.fullmatch(text)
    if match is None or match[1].lower() not in tuple(Scheme):
        return []
    try:
        return [parse_reference(f"{match[1]}://{match[2]}").uri]
    except InvalidReference:
        return []


def _as_image(text: str) -> str | None:
    try:
        return parse_image(text).uri
    except InvalidInput:
        return None


def _as_hub_id(text: str) -> str | None:
    try:
        return parse_reference(f"hf://{text}").uri if text.count("/") == 1 else None
    except InvalidInput:
        return None
