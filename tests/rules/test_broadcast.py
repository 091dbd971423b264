"""What a broadcast token reveals: every common encoding is undone, and an encrypted token is never accused."""

from __future__ import annotations

import base64
import bz2
import codecs
import gzip
import json
import random
import string
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance.rules.broadcast import MAX_DEPTH, MAX_LAYERS, layers, reveals

ACCOUNT, TENANT = "7f3a91c2e5d84b06", "nagra"
PLAIN = json.dumps({"accountId": ACCOUNT, "tenantId": TENANT})
RAW = PLAIN.encode()
B64 = base64.b64encode(RAW).decode()
NOISE = "9f2c4be1a07d5c3388f1e6d2b94a7710"


def in_base(base: int) -> str:
    """The text as one number."""
    digits, number, found = string.digits + string.ascii_uppercase + string.ascii_lowercase, int.from_bytes(RAW), ""
    while number:
        number, digit = divmod(number, base)
        found = digits[digit] + found
    return found


READABLE = {
    "plain": f"{TENANT}:{ACCOUNT}",
    "upper case": PLAIN.upper(),
    "backwards": PLAIN[::-1],
    "base64": B64,
    "base64url without padding, shifted": base64.urlsafe_b64encode(b"v" + RAW).decode().rstrip("="),
    "base64 after a prefix": f"v1_{B64}",
    "base64 backwards": B64[::-1],
    "base64 twice": base64.b64encode(B64.encode()).decode(),
    "hexadecimal": RAW.hex(),
    "hexadecimal in upper case": RAW.hex().upper(),
    "base32": base64.b32encode(RAW).decode(),
    "base32 in lower case": base64.b32encode(RAW).decode().lower().rstrip("="),
    "base85": base64.b85encode(RAW).decode(),
    "ascii85": base64.a85encode(RAW).decode(),
    "ascii85 with Adobe's frame": base64.a85encode(RAW, adobe=True).decode(),
    "percent": "".join(f"%{byte:02x}" for byte in RAW),
    "gzip in base64": base64.b64encode(gzip.compress(RAW)).decode(),
    "gzip in hexadecimal in base64": base64.b64encode(gzip.compress(RAW).hex().encode()).decode(),
    "zlib in hexadecimal": zlib.compress(RAW).hex(),
    "utf-16": base64.b64encode(PLAIN.encode("utf-16-le")).decode(),
    "utf-16 with a byte order mark": PLAIN.encode("utf-16").hex(),
    "rot13": codecs.encode(PLAIN, "rot13"),
    "rot13 of base64": codecs.encode(B64, "rot13"),
    "base64 of rot13": base64.b64encode(codecs.encode(PLAIN, "rot13").encode()).decode(),
    "XOR in hexadecimal": bytes(byte ^ 0x5A for byte in RAW).hex(),
    "XOR in base64": base64.b64encode(bytes(byte ^ 0xA5 for byte in RAW)).decode(),
    "one byte added": bytes((byte + 7) % 256 for byte in RAW).hex(),
    "decimal bytes": ".".join(str(byte) for byte in RAW),
    "entities of a page": "".join(f"&#{byte};" for byte in RAW),
    "hexadecimal with colons": RAW.hex(":"),
    "quoted-printable": "".join(f"={byte:02X}" for byte in RAW),
    "escapes of JSON": "".join(f"\\u{byte:04x}" for byte in RAW),
    "escapes of a program": "".join(f"\\x{byte:02x}" for byte in RAW),
    "octal escapes": "".join(f"\\{byte:03o}" for byte in RAW),
    "zeros and ones": "".join(f"{byte:08b}" for byte in f"{TENANT}:{ACCOUNT}".encode()),
    "one decimal number": str(int.from_bytes(RAW)),
    "base36": in_base(36),
    "base62": in_base(62),
    "bzip2": base64.b64encode(bz2.compress(RAW)).decode(),
    "a JWT": f"eyJhbGciOiJIUzI1NiJ9.{B64.rstrip('=')}.{NOISE}",
    "packed": base64.b64encode(bytes.fromhex(ACCOUNT) + TENANT.encode()).decode(),
    "before noise": f"{TENANT}-{ACCOUNT}-{NOISE}",
}


@pytest.mark.parametrize("name", READABLE)
def test_account_and_tenant_are_read(name):
    assert set(reveals(READABLE[name], [ACCOUNT, TENANT])) == {ACCOUNT, TENANT}


def test_the_way_is_told():
    assert reveals(RAW.hex(), [ACCOUNT]) == {ACCOUNT: "hexadecimal, plain"}


def test_what_is_not_wanted_is_not_told():
    assert reveals(B64, ["another-account"]) == {}


def random_tokens(count):
    drawn = random.Random(20261122)
    for _ in range(count):
        yield drawn.randbytes(40).hex()
        yield base64.urlsafe_b64encode(drawn.randbytes(60)).decode().rstrip("=")
        yield base64.b32encode(drawn.randbytes(40)).decode()
        yield base64.b64encode(drawn.randbytes(30).hex().encode()).decode()
        yield str(drawn.getrandbits(200))


def test_an_encrypted_token_is_never_accused():
    wanted = [ACCOUNT, TENANT, "1234", "100041", "ab12", "STB-5D0C11E0A2"]
    assert [token for token in random_tokens(60) if reveals(token, wanted)] == []


def test_chance_alone_proves_nothing():
    assert reveals("9f2c4be11234a07d5c3388f1e6d2b94a7710", ["1234"]) == {}
    assert reveals("0123456789012345678", ["4567"]) == {}


def test_a_short_name_amid_noise_that_agrees_but_for_one_byte_proves_nothing():
    """A run sees hundreds of tokens, on hundreds of layers each: one of them holds such four steps by chance."""
    drawn = random.Random(5)
    for undone in (lambda byte: (byte + 77) % 256, lambda byte: byte ^ 0xC3):
        data = drawn.randbytes(24) + bytes(map(undone, TENANT.encode())) + drawn.randbytes(24)
        assert reveals(data.hex(), [TENANT]) == {}


def test_the_work_is_bounded():
    hostile = ["A" * 100_000, base64.b64encode(b"A" * 60_000).decode(), "%41" * 20_000, "1." * 30_000]
    bomb = base64.b64encode(gzip.compress(bytes(10_000_000))).decode()
    for token in (*hostile, bomb):
        started = time.process_time()
        assert reveals(token, [ACCOUNT, TENANT]) == {}
        assert time.process_time() - started < 2
        found = list(layers(token))
        assert len(found) <= MAX_LAYERS + 1
        assert max(len(layer.way) for layer in found) <= MAX_DEPTH


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=120), st.lists(st.text(max_size=20), max_size=3))
def test_no_text_makes_it_raise(token, wanted):
    assert set(reveals(token, wanted)) <= set(wanted)


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=8, max_size=24), st.integers(0, 3), st.sampled_from(["hex", "b64", "b32", "b85"]))
def test_an_id_of_eight_letters_is_read_behind_any_prefix(prefix, cut, encoding):
    data = prefix[cut:] + b"STEF_ACC_3" + b"\x00\xff\x10"
    encode = {
        "hex": data.hex,
        "b64": lambda: base64.b64encode(data).decode(),
        "b32": lambda: base64.b32encode(data).decode(),
        "b85": lambda: base64.b85encode(data).decode(),
    }[encoding]
    assert "STEF_ACC_3" in reveals(encode(), ["STEF_ACC_3"])
