"""Words of the reports, which no secret may eat."""

WORDS = frozenset(
    {
        "passed", "failed", "warned", "waived", "error", "untested", "conformant", "incomplete", "nonconformant",
        "none", "null", "true", "false", "token", "tokens", "password", "requirement", "request", "response",
        "answer", "answered", "expected", "actual", "status", "header", "headers", "body", "field", "fields", "value",
        "missing", "signon", "account", "device", "http", "https", "json", "string", "number", "object", "array",
        "basic", "bearer", "application", "charset", "nagra", "claim", "claims", "tenant", "challenge", "entitlement",
        "usage", "rules", "type", "content", "length", "date", "server", "connection",
    }
)  # fmt: skip
