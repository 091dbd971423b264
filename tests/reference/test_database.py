"""A database that another process has locked makes those wait that write, and nobody else."""

import asyncio
import sqlite3

import httpx

from conformance.reference import create_app, default_settings
from conformance.reference.seed import STB_A

SIGNON = "/api/authentication/v2/stbsignontokens"
BOX = {"smartcardId": STB_A.smartcard, "nuId": STB_A.nuid, "casn": STB_A.casn, "csadList": STB_A.csad_list}


def test_a_locked_database_makes_one_request_wait_and_not_all(tmp_path):
    path = tmp_path / "platform.sqlite"
    app = create_app(default_settings(database=str(path)))
    other = sqlite3.connect(path, isolation_level=None)

    async def talk():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://platform.test") as client:
            other.execute("BEGIN IMMEDIATE")
            writing = asyncio.create_task(client.get(SIGNON, params=BOX))
            refused = [(await client.get(SIGNON)).status_code for _ in range(3)]
            waits = not writing.done()
            other.execute("ROLLBACK")
            return refused, waits, (await writing).status_code

    try:
        assert asyncio.run(talk()) == ([400] * 3, True, 200)
    finally:
        other.close()
        app.state.platform.close()
