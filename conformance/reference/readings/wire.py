"""Readings of what every answer looks like on the wire."""

READINGS: dict[str, dict[str, str]] = {
    "error-body": {
        "documented": "each service's own error body (adm-account-information; platform-gate)",
        "empty": "no body at all (not documented)",
        "text": "a line of plain text (not documented)",
        "html": "a web server's HTML page (not documented)",
        "json-message": '{"message"} alone (not documented)',
        "problem": "RFC 9457 problem details as application/problem+json (not documented)",
        "nested": '{"error": {"code", "message"}} (not documented)',
        "list": '{"errors": [{"code", "detail"}]} (not documented)',
        "gate": "the platform gate's body, whatever the service (platform-gate)",
    },
    "extra-fields": {
        "none": "no field beyond the documented ones",
        "everywhere": "one unknown field in every JSON object and every token (deployments add fields; design.md)",
    },
    "extra-headers": {
        "none": "no header beyond the needed ones",
        "some": "Server, Via, Strict-Transport-Security and two X- headers, one of them twice",
    },
    "charset": {
        "absent": "Content-Type: application/json",
        "utf-8": "Content-Type: application/json; charset=utf-8 (hdm-authentication, Success response)",
        "upper": "Content-Type: application/json;charset=UTF-8",
    },
    "header-case": {
        "lower": "header names in lower case",
        "title": "header names as Title-Case",
    },
    "connections": {
        "keep-alive": "connections stay open",
        "close": "Connection: close after each answer",
    },
    "json-layout": {
        "compact": "JSON without white space",
        "indented": "JSON over many lines, ending in a newline",
    },
    "body-framing": {
        "length": "answers say their Content-Length",
        "chunked": "answers come in chunks (HTTP/1.1)",
    },
    "compression": {
        "none": "answers are plain",
        "gzip": "answers are gzipped for callers that accept it (mds-channel-lists)",
    },
    "date-header": {"absent": "answers carry no Date", "present": "they carry one"},
    "server-clock": {
        "right": "the platform's clock is right",
        "ahead": "it is four minutes ahead, as Date says (no page speaks of clocks)",
        "behind": "it is four minutes behind, as Date says",
    },
    "other-methods": {
        "405": "a method that an operation does not have is 405",
        "404": "it is 404: nothing is routed there",
        "501": "it is 501: the server does not know it (RFC 9110, 15.6.2)",
    },
    "unknown-paths": {
        "404": "a path that no service has is 404",
        "401": "it is 401: a gateway requires a token before it looks at the path",
        "403": "it is 403: a gateway denies what it does not know",
    },
    "correlation-id": {
        "ignored": "x-correlation-id is accepted and not returned",
        "echoed": "x-correlation-id is returned as it was sent (hdm-authentication, Signon response)",
        "made": "x-correlation-id is returned, or made where none was sent",
    },
    "correlation-id-form": {
        "any": "x-correlation-id may be any string",
        "uuid": "400 for one that is not a UUID (no document says how long it may be)",
    },
    "service-bases": {
        "shared": "all services are under one URL",
        "separate": "every service has a base path of its own, in its `url` of the target file",
    },
    "json-content-type": {
        "any": "a JSON body is read whatever its Content-Type says",
        "required": "415 for a body that is not declared as application/json (adm-creating-an-account, Headers)",
    },
}
