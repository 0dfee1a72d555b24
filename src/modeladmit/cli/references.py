"""References as people type them on a command line."""

from modeladmit.core.reference import Reference
from modeladmit.core.references import parse_image, parse_reference
from modeladmit.errors import InvalidInput, InvalidReference


def typed_reference(text: str, revision: str | None = None) -> Reference:
    """Read a URI with a scheme. Raises InvalidReference that says which scheme was probably meant."""
    if "://" in text:
        return parse_reference(text, revision)
    guesses = [uri for uri in (_as_image(text), _as_hub_id(text)) if uri]
    if not guesses:
        raise InvalidReference(
            f"{text} is no model reference; write its scheme, such as oci:// or hf://"
        )
    raise InvalidReference(f"a reference needs a scheme. Did you mean {' or '.join(guesses)}?")


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
