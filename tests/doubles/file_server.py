"""Files at URLs."""

from aiohttp import web

from tests.doubles.faults import FaultyServer


class FileServer(FaultyServer):
    """Bytes by path."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.app.router.add_get("/{path:.*}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        if request.match_info["path"] not in self.files:
            raise web.HTTPNotFound
        return web.Response(
            body=self.files[request.match_info["path"]], content_type="application/octet-stream"
        )
