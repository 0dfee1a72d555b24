"""RFC 3161 timestamps: a trusted authority saw these bytes at this moment."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import rfc3161_client
from cryptography import x509
from rfc3161_client.errors import VerificationError as Rfc3161Error

from modeladmit.signatures.trusted_root import Authority

_MIN_CHAIN: Final = 2
MAX_RESPONSE: Final = 64 << 10


def trusted_times(
    responses: Iterable[bytes], message: bytes, authorities: Sequence[Authority]
) -> tuple[datetime, ...]:
    """The moments that a trusted authority vouches for, within the time it is trusted for (both ends included).

    Responses by others are left out: anybody may add one to a bundle. Equal ones count once.
    """
    moments = [_moment(response, message, authorities) for response in dict.fromkeys(responses)]
    return tuple(moment for moment in moments if moment is not None)


def _moment(der: bytes, message: bytes, authorities: Sequence[Authority]) -> datetime | None:
    if len(der) > MAX_RESPONSE:
        return None
    try:
        response = rfc3161_client.decode_timestamp_response(der)
        moment = response.tst_info.gen_time
    except ValueError:
        return None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    for authority in authorities:
        if moment in authority.validity and _verifies(response, message, authority.chain):
            return moment
    return None


def _verifies(
    response: rfc3161_client.TimeStampResponse, message: bytes, chain: Sequence[x509.Certificate]
) -> bool:
    """Whether the chain (signer first, root last) signed the response over the message."""
    if len(chain) < _MIN_CHAIN:
        return False
    builder = rfc3161_client.VerifierBuilder(
        tsa_certificate=chain[0], intermediates=list(chain[1:-1]), roots=[chain[-1]]
    )
    try:
        return builder.build().verify_message(response, message)
    except (Rfc3161Error, ValueError):
        return False
