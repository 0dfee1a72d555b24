"""A small HTTP server in a thread of this process, for documents that tests publish."""

import contextlib
import http.server
import threading
from collections.abc import Iterator
from typing import Any


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serve files without a line on the test's output for each."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def serving(handler: Any) -> Iterator[str]:
    """Serve with the handler on a port of 127.0.0.1; yield the URL without a final slash."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
