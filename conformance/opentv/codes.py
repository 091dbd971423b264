"""The resultCodes that the documents and the platform's gate give."""

from __future__ import annotations

# sdp-is-content-authorised, "Response"; hdm-authentication, "Signon response".
SUCCESS = "0"
# sdp-is-content-authorised, "Error response": a token that cannot be decrypted.
INVALID_TOKEN = "85102"  # noqa: S105 - a code
# The platform's gate: it refuses a token on any API behind it, by 403, or by 200 where it is configured so.
GATE = "99999:403"
TOKEN_REFUSED = (INVALID_TOKEN, GATE)

# hdm-authentication, "Initialise device": a success; NAGRA's JavaScript client takes the second for one, too.
INITIALISED = ("OK", "PLAYER_UPGRADE_RECOMMENDED")
# The account has as many devices as it may have, as NAGRA's JavaScript client is told.
DEVICE_LIMITS = (
    "MAXIMUM_DEVICE_PER_ACCOUNT_REACHED",
    "DEVICE_LIMIT_REACHED",
    "DEVICE_CLASS_LIMIT_REACHED",
    "DEVICE_ACTIVATION_LIMIT_REACHED",
)
