"""How long judging a response takes: microseconds of CPU an exchange, for each documented example of the contract.

    python benchmarks/judging.py [--rounds 5] [--times 200]

Each exchange is new to the rules, as in a run; the least of several rounds counts.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator

from conformance.contract import load_contract
from conformance.model import Exchange, Request, Response
from conformance.opentv.tokens import make_jwt
from conformance.register import load_register
from conformance.rules import Context, judge


def exchanges() -> Iterator[tuple[str, Exchange]]:
    """Yield a name and an exchange for each example of a response; tokens decoded and compact."""
    for operation in load_contract():
        for response in operation.responses:
            status = int(response.status.replace("XX", "00"))
            for media in response.media_types:
                for name, value in media.examples.items():
                    forms = {name: value}
                    if isinstance(value, dict) and isinstance(value.get("access_token"), dict):
                        header = {"typ": "JWT", "kid": "321516", "alg": "HS256"}
                        compact = {
                            key: make_jwt(header, item, b"key") for key, item in value.items() if "_token" in key
                        }
                        forms["compact tokens"] = {**value, **compact}
                    for form, body in forms.items():
                        request = Request(operation.method, f"https://target.test{operation.path}")
                        headers = (("Content-Type", media.name),)
                        answer = Response(status, headers, json.dumps(body).encode())
                        yield (
                            f"{operation.operation_id} {status} {form}",
                            Exchange("E00001", operation.service, operation.operation_id, request, answer, valid=True),
                        )


def fresh(exchange: Exchange) -> Exchange:
    """Return an exchange of which nothing was read yet."""
    request, response = exchange.request, exchange.response
    assert response is not None
    return Exchange(
        exchange.id,
        exchange.service,
        exchange.operation,
        Request(request.method, request.url, request.headers, request.body),
        Response(response.status, response.headers, response.body),
        valid=True,
    )


def main() -> None:
    """Measure, and print a line for each exchange."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--times", type=int, default=200)
    options = parser.parse_args()
    context = Context(register=load_register(), tenant="nagra")
    for name, exchange in exchanges():
        judgements = len(judge(fresh(exchange), context))
        rounds = []
        for _ in range(options.rounds):
            copies = [fresh(exchange) for _ in range(options.times)]
            started = time.process_time()
            for copy in copies:
                judge(copy, context)
            rounds.append((time.process_time() - started) / options.times)
        print(f"{name:48} {min(rounds) * 1e6:6.0f} us  {judgements} judgements")


if __name__ == "__main__":
    main()
