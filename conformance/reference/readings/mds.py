"""Readings of MDS: the channel list."""

READINGS: dict[str, dict[str, str]] = {
    "mds-without-token": {
        "refused": "401 without a token (contract note 6)",
        "forbidden": "403 without a token (contract note 7.1)",
        "open": "a list without in-home channels (contract note 8.31)",
    },
    "mds-bad-token": {
        "401": "a refused token is 401 (contract note 6)",
        "403": "it is 403 (contract note 7.1)",
        "400": "it is 400: an error, whichever (hdm-authentication, use of the token)",
    },
    "mds-channel-id": {
        "technical": "a channel's id is technical.id (contract note 6)",
        "editorial": "it is editorial.id",
        "flat": "it is id",
    },
    "mds-caching": {
        "none": "Cache-Control: no-store",
        "private": "private for ten minutes, varying by token (contract note 6)",
    },
    "mds-default-limit": {
        "all": "without a limit the whole list is answered",
        "two": "without a limit two channels are (contract note 6: offset and limit)",
    },
    "mds-bad-filter": {
        "400": "a filter that is not JSON is 400",
        "ignored": "it is ignored",
    },
    "mds-envelope": {
        "counted": "total_records is beside services (contract note 6)",
        "bare": "services is alone",
    },
}
