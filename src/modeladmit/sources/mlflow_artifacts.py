"""Artifacts that an MLflow tracking server serves itself (`mlflow-artifacts:`), as an object store.

`GET api/2.0/mlflow-artifacts/artifacts?path=` lists one folder, `…/artifacts/PATH` reads one file. No digests, no versions.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from yarl import URL

from modeladmit.core.credentials import CredentialScope
from modeladmit.core.reference import Reference
from modeladmit.errors import LimitExceeded, UnexpectedContent
from modeladmit.sources.access import Access, StoreClient
from modeladmit.sources.objects import StoredObject, count_of
from modeladmit.sources.reading import is_file_name

_API = "api/2.0/mlflow-artifacts/artifacts"


@dataclass(frozen=True, slots=True)
class MlflowArtifacts:
    """The server's artifact store, as one scope sees it; both an `ObjectStore` of one bucket and the bucket."""

    client: StoreClient
    server: URL
    access: Access

    @property
    def anonymous(self) -> bool:
        """Whether nothing says who we are."""
        return self.access.anonymous

    async def bucket(
        self,
        reference: Reference,
        scope: CredentialScope,  # noqa: ARG002 - the access is the registry's
        *,
        anonymous: bool,  # noqa: ARG002
    ) -> tuple["MlflowArtifacts", str]:
        """Satisfy `objects.ObjectStore`."""
        return self, reference.name

    async def head(self, key: str, version: str | None) -> StoredObject | None:  # noqa: ARG002
        """A file, found in the listing of its folder: the API describes nothing alone."""
        folder = key.rpartition("/")[0]
        return next(
            (item for item, is_dir in await self._folder(folder) if not is_dir and item.key == key),
            None,
        )

    async def below(self, prefix: str) -> list[StoredObject]:
        """Every file below a folder, folder by folder."""
        limits = self.client.limits
        found: list[StoredObject] = []
        folders = [prefix.rstrip("/")]
        for _ in range(limits.pages * 16):
            if not folders or len(found) > limits.objects:
                return found
            for item, is_dir in await self._folder(folders.pop()):
                if is_dir:
                    folders.append(item.key)
                else:
                    found.append(item)
        raise LimitExceeded(f"the model has more than {limits.pages * 16} folders")

    async def read(self, item: StoredObject, limit: int) -> bytes:
        """One file."""
        url = URL(f"{self.server / _API}/{quote(item.key)}", encoded=True)
        response = await self.client.get(url, self.access, limit=limit)
        return response.expect(f"{item.key} of the MLflow server").body

    async def _folder(self, path: str) -> list[tuple[StoredObject, bool]]:
        response = await self.client.get((self.server / _API).with_query(path=path), self.access)
        what = f"{path} of the MLflow server"
        files = response.expect(what).document(what).get("files") or []
        if not isinstance(files, list) or len(files) > self.client.limits.files:
            raise UnexpectedContent(f"the MLflow server lists {what} in a form that cannot be read")
        return [_entry(item, path) for item in files]


def _entry(item: Any, folder: str) -> tuple[StoredObject, bool]:
    path = item.get("path") if isinstance(item, dict) else None
    if not is_file_name(path):
        raise UnexpectedContent("the MLflow server lists a file without a usable name")
    # Some versions give paths from the root, some from the folder that was asked for.
    key = path if not folder or path.startswith(f"{folder}/") else f"{folder}/{path.lstrip('/')}"
    size = item.get("file_size")
    # Without a size nothing is fetched, so that what is not known is not empty.
    known = count_of(str(size)) if isinstance(size, int | str) else None
    if known is None and not item.get("is_dir"):
        raise UnexpectedContent(f"the MLflow server lists {path} without a size")
    return StoredObject(key, known or 0), bool(item.get("is_dir"))
