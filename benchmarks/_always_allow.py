"""The floor: the same HTTP stack, the same TLS, and a handler that reads the uid and says yes."""

import asyncio
import ssl
import sys

import orjson
import uvloop
from aiohttp import web


async def allow(request: web.BaseRequest) -> web.Response:
    review = orjson.loads(await request.content.readexactly(request.content_length or 0))
    response = {"uid": review["request"]["uid"], "allowed": True}
    body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
    return web.Response(body=orjson.dumps(body), content_type="application/json")


async def serve(port: int, certificate: str, key: str) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    runner = web.ServerRunner(web.Server(allow, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
    await asyncio.Event().wait()


uvloop.run(serve(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
