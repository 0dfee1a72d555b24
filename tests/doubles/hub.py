"""A Hugging Face Hub in memory: the endpoints that resolving and the real client's downloads need (facts D.1, D.2)."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.doubles.faults import FaultyServer

LFS_FROM = 10 << 10
"""Files of so many bytes are large files here."""
LARGE = (".safetensors", ".gguf", ".bin", ".pt")


@dataclass
class Commit:
    id: str
    files: dict[str, bytes]


@dataclass
class Repo:
    id: str
    commits: dict[str, Commit] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    gated: bool = False
    private: bool = False
    disabled: bool = False
    tags: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)


class Hub(FaultyServer):
    """Repositories, renames, gates and tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.repos: dict[str, Repo] = {}
        self.renames: dict[str, str] = {}
        self.token: str | None = None
        """The token that opens gated and private repositories."""
        self.cdn: str | None = None
        """Where large files are; None: here."""
        self.hide_lfs: bool = False
        self.large_names: set[str] = set()
        """Files that `.gitattributes` makes large ones whatever their size."""
        router = self.app.router
        router.add_get("/api/models/{owner}/{name}/revision/{revision:.+}", self._revision)
        router.add_get("/api/models/{owner}/{name}", self._revision)
        router.add_get("/api/models/{owner}/{name}/tree/{revision}", self._tree)
        router.add_route("*", "/{owner}/{name}/resolve/{revision}/{path:.+}", self._resolve)
        router.add_route("*", "/cdn/{sha256}", self._content)

    def push(self, repo_id: str, files: dict[str, bytes], branch: str = "main") -> str:
        """A commit on a branch; its id is made of its content."""
        repo = self.repos.setdefault(repo_id, Repo(repo_id))
        identity = json.dumps(
            sorted((name, hashlib.sha1(data).hexdigest()) for name, data in files.items())
        )
        commit = Commit(hashlib.sha1(identity.encode()).hexdigest(), dict(files))
        repo.commits[commit.id] = commit
        repo.refs[branch] = commit.id
        return commit.id

    def rename(self, old: str, new: str) -> None:
        """Move a repository; the old name redirects, as on the real hub."""
        repo = self.repos.pop(old)
        repo.id = new
        self.repos[new] = repo
        self.renames[old] = new

    def _open(self, request: web.Request) -> tuple[Repo, Commit]:
        asked = f"{request.match_info['owner']}/{request.match_info['name']}"
        if asked in self.renames:
            place = request.path_qs.replace(asked, self.renames[asked], 1)
            raise web.HTTPTemporaryRedirect(place)
        repo = next(
            (repo for name, repo in self.repos.items() if name.lower() == asked.lower()), None
        )
        known = (
            request.headers.get("Authorization") == f"Bearer {self.token}"
            and self.token is not None
        )
        if repo is None or (repo.private and not known):
            status = 404 if known else 401
            raise _refusal(status, "RepoNotFound")
        if repo.gated and not known:
            raise _refusal(401, "GatedRepo")
        revision = unquote(request.match_info.get("revision", "main"))
        commit = repo.commits.get(repo.refs.get(revision, revision))
        if commit is None:
            raise _refusal(404, "RevisionNotFound")
        return repo, commit

    async def _revision(self, request: web.Request) -> web.Response:
        repo, commit = self._open(request)
        blobs = request.query.get("blobs") == "true"
        return web.json_response(
            {
                "_id": "0",
                "id": repo.id,
                "modelId": repo.id,
                "sha": commit.id,
                "private": repo.private,
                "gated": "manual" if repo.gated else False,
                "disabled": repo.disabled,
                "tags": list(repo.tags),
                "config": repo.config,
                "downloads": 0,
                "siblings": [
                    self._sibling(name, data, blobs=blobs) for name, data in commit.files.items()
                ],
            }
        )

    def _sibling(self, name: str, data: bytes, *, blobs: bool) -> dict[str, Any]:
        if not blobs:
            return {"rfilename": name}
        described: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_blob(data)}
        if self._is_large(name, data):
            described["blobId"] = git_blob(b"version https://git-lfs.github.com/spec/v1")
            described["lfs"] = {
                "sha256": hashlib.sha256(data).hexdigest(),
                "size": len(data),
                "pointerSize": 134,
            }
        return described

    def _is_large(self, name: str, data: bytes) -> bool:
        large = name.endswith(LARGE) or name in self.large_names or len(data) >= LFS_FROM
        return large and not self.hide_lfs

    async def _tree(self, request: web.Request) -> web.Response:
        _repo, commit = self._open(request)
        entries = []
        for name, data in commit.files.items():
            entry: dict[str, Any] = {
                "type": "file",
                "path": name,
                "size": len(data),
                "oid": git_blob(data),
            }
            if self._is_large(name, data):
                sha256 = hashlib.sha256(data).hexdigest()
                entry["lfs"] = {"oid": sha256, "size": len(data), "pointerSize": 134}
            entries.append(entry)
        return web.json_response(entries)

    async def _resolve(self, request: web.Request) -> web.Response:
        _repo, commit = self._open(request)
        name = request.match_info["path"]
        if name not in commit.files:
            raise _refusal(404, "EntryNotFound")
        data = commit.files[name]
        headers = {"X-Repo-Commit": commit.id, "Accept-Ranges": "bytes"}
        if self._is_large(name, data):
            sha256 = hashlib.sha256(data).hexdigest()
            headers |= {"X-Linked-Etag": f'"{sha256}"', "X-Linked-Size": str(len(data))}
            raise web.HTTPFound(f"{self.cdn or self.url}/cdn/{sha256}", headers=headers)
        headers["ETag"] = f'"{git_blob(data)}"'
        return web.Response(body=data, content_type="text/plain", headers=headers)

    async def _content(self, request: web.Request) -> web.Response:
        wanted = request.match_info["sha256"]
        for repo in self.repos.values():
            for commit in repo.commits.values():
                for data in commit.files.values():
                    if hashlib.sha256(data).hexdigest() == wanted:
                        return web.Response(
                            body=data,
                            content_type="binary/octet-stream",
                            headers={"ETag": f'"{wanted}"'},
                        )
        raise web.HTTPNotFound


def git_blob(data: bytes) -> str:
    """The SHA-1 under which Git knows a file."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _refusal(status: int, code: str) -> web.HTTPException:
    kind = web.HTTPUnauthorized if status == 401 else web.HTTPNotFound
    return kind(
        text=json.dumps({"error": code}),
        content_type="application/json",
        headers={"X-Error-Code": code, "X-Error-Message": code},
    )
