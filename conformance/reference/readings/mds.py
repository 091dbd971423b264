"""Readings of MDS: the channel list."""

READINGS: dict[str, dict[str, str]] = {
    "mds-without-token": {
        "refused": "401 without a token (mds-channel-lists)",
        "forbidden": "403 without a token (platform-gate)",
        "open": "a list without in-home channels (reading mds-without-token)",
    },
    "mds-bad-token": {
        "401": "a refused token is 401 (mds-channel-lists)",
        "403": "it is 403 (platform-gate)",
        "400": "it is 400: an error, whichever (hdm-authentication, use of the token)",
    },
    "mds-channel-id": {
        "both": "a channel's id is technical.id (mds-channel-lists) and editorial.id, which public clients read",
        "technical": "it is technical.id alone",
        "editorial": "it is editorial.id alone",
        "flat": "it is id",
    },
    "mds-caching": {
        "none": "Cache-Control: no-store",
        "private": "private for ten minutes, varying by token (mds-channel-lists)",
    },
    "mds-default-limit": {
        "all": "without a limit the whole list is answered",
        "two": "without a limit two channels are (mds-channel-lists: offset and limit)",
    },
    "mds-largest-page": {
        "9999": "a page has as many channels as the limit says",
        "two": "it has two at most, whatever the limit (a server may have a largest page)",
    },
    "mds-bad-filter": {
        "400": "a filter, sort or fields that is not JSON of its form is 400",
        "ignored": "it is ignored",
    },
    "mds-envelope": {
        "counted": "total_records is beside services (mds-channel-lists)",
        "bare": "services is alone",
    },
}
