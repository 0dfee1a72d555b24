"""Git's smart HTTP protocol, version 2, as far as `ls-refs` (gitprotocol-v2)."""

import hashlib
from collections import defaultdict

from aiohttp import web

from tests.doubles.faults import FaultyServer


class GitServer(FaultyServer):
    """Repositories as names of commits."""

    def __init__(self, app: web.Application | None = None) -> None:
        super().__init__(app)
        self.refs: dict[str, dict[str, str]] = defaultdict(dict)
        """Path to full reference name to object id."""
        self.peeled: dict[str, str] = {}
        """Annotated tag objects to their commits."""
        self.version = 2
        self.login: str | None = None
        self.app.router.add_get("/{path:.+}/info/refs", self._info)
        self.app.router.add_post("/{path:.+}/git-upload-pack", self._upload_pack)

    def commit(self, path: str, branch: str, content: bytes) -> str:
        commit = hashlib.sha1(content).hexdigest()
        self.refs[path][f"refs/heads/{branch}"] = commit
        self.refs[path]["HEAD"] = commit
        return commit

    def tag(self, path: str, name: str, commit: str) -> None:
        """An annotated tag: an object of its own that peels to the commit."""
        tag = hashlib.sha1(f"tag {name} {commit}".encode()).hexdigest()
        self.refs[path][f"refs/tags/{name}"] = tag
        self.peeled[tag] = commit

    def _known(self, request: web.Request) -> dict[str, str]:
        if self.login is not None and request.headers.get("Authorization") != self.login:
            raise web.HTTPUnauthorized
        path = request.match_info["path"]
        if path not in self.refs:
            raise web.HTTPNotFound
        return self.refs[path]

    async def _info(self, request: web.Request) -> web.Response:
        refs = self._known(request)
        lines = [packet("# service=git-upload-pack\n"), b"0000"]
        if self.version == 2:
            lines += [packet("version 2\n"), packet("ls-refs=unborn\n"), packet("fetch\n"), b"0000"]
        else:
            capabilities = "\0multi_ack symref=HEAD:refs/heads/main"
            for name, oid in sorted(refs.items()):
                lines.append(packet(f"{oid} {name}{capabilities}\n"))
                capabilities = ""
                if oid in self.peeled:
                    lines.append(packet(f"{self.peeled[oid]} {name}^{{}}\n"))
            lines.append(b"0000")
        return web.Response(
            body=b"".join(lines), content_type="application/x-git-upload-pack-advertisement"
        )

    async def _upload_pack(self, request: web.Request) -> web.Response:
        refs = self._known(request)
        body = (await request.read()).decode()
        prefixes = [
            line.partition("ref-prefix ")[2] for line in body.split("\n") if "ref-prefix " in line
        ]
        lines = []
        for name, oid in refs.items():
            if any(name.startswith(prefix) for prefix in prefixes):
                peeled = f" peeled:{self.peeled[oid]}" if oid in self.peeled else ""
                lines.append(packet(f"{oid} {name}{peeled}\n"))
        return web.Response(
            body=b"".join([*lines, b"0000"]), content_type="application/x-git-upload-pack-result"
        )


def packet(text: str) -> bytes:
    return b"%04x" % (len(text.encode()) + 4) + text.encode()
