"""ModelScope in memory: the file listing, one file, and Git beside it."""

import hashlib

from aiohttp import web

from tests.doubles.git_server import GitServer


class ModelScopeHub(GitServer):
    """Repositories by `owner/name`, files by commit."""

    def __init__(self) -> None:
        app = web.Application()
        self.files: dict[tuple[str, str], dict[str, bytes]] = {}
        app.router.add_get("/api/v1/models/{owner}/{name}/repo/files", self._list)
        app.router.add_get("/api/v1/models/{owner}/{name}/repo", self._file)
        super().__init__(app)

    def push(self, repo_id: str, files: dict[str, bytes], branch: str = "master") -> str:
        content = repr(sorted(files.items())).encode()
        commit = self.commit(f"{repo_id}.git", branch, content)
        self.files[repo_id, commit] = dict(files)
        return commit

    def _open(self, request: web.Request) -> dict[str, bytes]:
        repo_id = f"{request.match_info['owner']}/{request.match_info['name']}"
        try:
            return self.files[repo_id, request.query["Revision"]]
        except KeyError:
            raise web.HTTPNotFound from None

    async def _list(self, request: web.Request) -> web.Response:
        files = [
            {
                "Name": name.rpartition("/")[2],
                "Path": name,
                "Size": len(data),
                "Type": "blob",
                "Sha256": hashlib.sha256(data).hexdigest(),
            }
            for name, data in self._open(request).items()
        ]
        folder = {"Name": "folder", "Path": "folder", "Size": 0, "Type": "tree", "Sha256": ""}
        return web.json_response(
            {"Code": 200, "Success": True, "Data": {"Files": [folder, *files]}}
        )

    async def _file(self, request: web.Request) -> web.Response:
        files = self._open(request)
        if request.query["FilePath"] not in files:
            raise web.HTTPNotFound
        return web.Response(
            body=files[request.query["FilePath"]], content_type="application/octet-stream"
        )
