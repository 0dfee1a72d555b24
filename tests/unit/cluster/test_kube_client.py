"""The one seam to the API server: paths, pages, tokens, and every answer as one of our errors."""

from typing import Any

import kopf
import pytest
from aiohttp import web

from modeladmit.cluster.client import KubernetesClient
from modeladmit.cluster.errors import (
    ClusterError,
    ClusterUnreachable,
    Conflict,
    Forbidden,
    ObjectNotFound,
    Rejected,
)
from modeladmit.cluster.login import Login
from modeladmit.cluster.resources import LEASES, MODEL_REFS, NAMESPACES


@pytest.fixture
async def serve(aiohttp_server):
    """Start a server with one handler, and a client for it."""
    clients = []

    async def start(handler, **login) -> KubernetesClient:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = await aiohttp_server(app)
        connection = kopf.ConnectionInfo(server=str(server.make_url("/")), **login.pop("info", {}))
        context = KubernetesClient.open(Login(connection, **login))
        clients.append(context)
        return await context.__aenter__()

    yield start
    for context in clients:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("resource", "namespace", "path"),
    [
        (NAMESPACES, None, "/api/v1/namespaces/x"),
        (MODEL_REFS, "team-a", "/apis/modeladmit.io/v1alpha1/namespaces/team-a/modelrefs/x"),
        (LEASES, "sys", "/apis/coordination.k8s.io/v1/namespaces/sys/leases/x"),
    ],
)
async def test_paths(serve, resource, namespace, path):
    async def handler(request):
        return web.json_response({"path": request.path})

    client = await serve(handler)
    assert {"path": path} == await client.get(resource, "x", namespace=namespace)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, Forbidden),
        (403, Forbidden),
        (404, ObjectNotFound),
        (409, Conflict),
        (410, ClusterError),
        (422, Rejected),
        (429, ClusterUnreachable),
        (500, ClusterUnreachable),
        (503, ClusterUnreachable),
        (302, Rejected),
    ],
)
async def test_every_status_is_one_of_our_errors(serve, status, error):
    """And none of the server's text is in it."""

    async def handler(_request):
        return web.json_response({"message": "SECRET"}, status=status)

    client = await serve(handler)
    with pytest.raises(error) as caught:
        await client.get(NAMESPACES, "x")
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"", b"null"])
async def test_what_is_no_object_is_no_answer(serve, body):
    """A proxy's login page with status 200 must not look like an empty list."""

    async def handler(_request):
        return web.Response(body=body)

    client = await serve(handler)
    with pytest.raises(ClusterUnreachable):
        await client.list(NAMESPACES)


async def test_nobody_there(unused_tcp_port):
    connection = kopf.ConnectionInfo(server=f"http://127.0.0.1:{unused_tcp_port}")
    async with KubernetesClient.open(Login(connection)) as client:
        with pytest.raises(ClusterUnreachable):
            await client.get(NAMESPACES, "x")


def page(names: str, token: str | None = None) -> dict[str, Any]:
    metadata = {"resourceVersion": "7", **({"continue": token} if token else {})}
    return {"metadata": metadata, "items": [{"metadata": {"name": name}} for name in names]}


async def test_lists_come_in_pages(serve):
    """Items say what they are; lists leave it out."""

    async def handler(request):
        return web.json_response(
            page("c") if request.query.get("continue") == "next" else page("ab", "next")
        )

    listing = await (await serve(handler)).list(NAMESPACES)
    assert ["a", "b", "c"] == [item["metadata"]["name"] for item in listing.items]
    assert {("v1", "Namespace")} == {(item["apiVersion"], item["kind"]) for item in listing.items}
    assert listing.resource_version == "7"


async def test_a_list_that_took_too_long_starts_over(serve):
    """410: half a list must never be taken for a whole one."""
    expired: list[int] = []

    async def handler(request):
        if request.query.get("continue") and not expired:
            expired.append(1)
            return web.json_response({}, status=410)
        return web.json_response(page("c") if request.query.get("continue") else page("ab", "next"))

    listing = await (await serve(handler)).list(NAMESPACES)
    assert ["a", "b", "c"] == [item["metadata"]["name"] for item in listing.items]


async def test_a_list_without_end_is_no_list(serve):
    async def handler(_request):
        return web.json_response(page("a", "again"))

    with pytest.raises(ClusterError):
        await (await serve(handler)).list(NAMESPACES)


async def test_a_token_file_is_shown(serve, tmp_path):
    seen = []

    async def handler(request):
        seen.append(request.headers.get("Authorization"))
        return web.json_response({})

    token = tmp_path / "token"
    token.write_text("first\n")
    client = await serve(handler, token_file=token)
    await client.get(NAMESPACES, "x")
    assert ["Bearer first"] == seen


async def test_a_patch_says_what_it_is(serve):
    async def handler(request):
        return web.json_response(
            {"method": request.method, "path": request.path, "type": request.content_type}
        )

    client = await serve(handler)
    answer = await client.patch(MODEL_REFS, "m", {}, namespace="a", subresource="status")
    path = "/apis/modeladmit.io/v1alpha1/namespaces/a/modelrefs/m/status"
    assert {"method": "PATCH", "path": path, "type": "application/merge-patch+json"} == answer
