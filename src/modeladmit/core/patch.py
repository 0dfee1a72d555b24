"""How a reference is pinned in the object that names it: JSON Patch (RFC 6902) with a hole for the pin.

One mechanism serves three mouths: the `fix:` of a denial, `modeladmit pin`, and the mutating webhook.
"""

from dataclasses import dataclass
from typing import Literal

from modeladmit.core.digest import Digest
from modeladmit.core.fieldpath import FieldPath

JsonPatchOperation = dict[str, object]

REVISION = "{revision}"
DIGEST = "{digest}"


@dataclass(frozen=True, slots=True)
class PinEdit:
    """One edit; `template` is the new value with `{revision}` or `{digest}` where the pin goes."""

    op: Literal["add", "replace"]
    field: FieldPath
    """For "add" into a list, the last step is the position, or `-` to append."""
    template: str
    shown: str
    """What a person pastes, with the same hole: `--revision={revision}`."""
    env_name: str | None = None
    """When set, the value added is a whole env entry `{name, value}` with this name."""

    def operation(self, *, digest: Digest | None, revision: str | None) -> JsonPatchOperation | None:
        """The JSON Patch operation, or None when the pin that the template needs is not known."""
        value = _fill(self.template, digest, revision)
        if value is None:
            return None
        content: object = value if self.env_name is None else {"name": self.env_name, "value": value}
        return {"op": self.op, "path": self.field.pointer, "value": content}

    def text(self, *, digest: Digest | None, revision: str | None) -> str | None:
        """What to paste, or None when the pin that it needs is not known."""
        return _fill(self.shown, digest, revision)


def _fill(template: str, digest: Digest | None, revision: str | None) -> str | None:
    if DIGEST in template:
        return None if digest is None else template.replace(DIGEST, str(digest))
    if REVISION in template:
        return None if revision is None else template.replace(REVISION, revision)
    return template
