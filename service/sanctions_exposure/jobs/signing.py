"""Signs what is posted as Standard Webhooks has it, so that any of its libraries can tell that we sent it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from sanctions_exposure.errors import SettingsError

_PREFIX: Final = "whsec_"
_SIZES: Final = range(24, 65)  # bytes, by the standard


def secrets_of(said: Sequence[str]) -> tuple[bytes, ...]:
    """Return the secrets that *said* names, the first being the newest.

    Raises:
        SettingsError: one of them is not ``whsec_`` and base64 of 24 to 64 bytes; it is not told which bytes they are.
    """
    found = []
    for text in said:
        try:
            secret = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            secret = b""
        if len(secret) not in _SIZES:
            raise SettingsError("EXPOSURE_CALLBACK_SECRET: must be 'whsec_' and base64 of 24 to 64 bytes")
        found.append(secret)
    return tuple(found)


def signed(delivery_id: str, at: int, body: bytes, secrets: Sequence[bytes]) -> dict[str, str]:
    """Return the headers that prove who posts *body*, and when.

    Args:
        delivery_id: the same for every attempt, so that a receiver can tell that it has it already.
        at: seconds since 1970, of this attempt.
        body: what is posted.
        secrets: one signature each, so that a secret can be replaced while receivers still know the old one.
    """
    content = f"{delivery_id}.{at}.".encode() + body
    marks = (base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode() for secret in secrets)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{mark}" for mark in marks),
    }
