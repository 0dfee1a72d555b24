"""The next page of a listing: `Link: <…>; rel="next"` (RFC 8288), on the same host only."""

import re
from typing import Final

from yarl import URL

from modeladmit.errors import UnexpectedContent
from modeladmit.sources.exchange import Response
from modeladmit.sources.hosts import authority, url_of

_NEXT: Final = re.compile(r'<([^<>\s]{1,4096})>\s*;[^,]{0,256}?\brel\s*=\s*"?next\b')


def next_page(response: Response, asked: URL) -> URL | None:
    """Where the listing continues, if it does. Raises UnexpectedContent when that is not the host that was asked.

    Attack: a first page behind a redirect continues at the host redirected to, and the login would go there with the
    next question.
    """
    match = _NEXT.search(response.headers.get("Link", "")[:16384])
    if match is None:
        return None
    try:
        target = url_of(match[1], base=response.url)
    except ValueError:
        raise UnexpectedContent(
            f"{authority(response.url)} continues its list at something that is not a URL"
        ) from None
    if target.origin() != asked.origin():
        raise UnexpectedContent(f"{authority(response.url)} continues its list at another host")
    return target
