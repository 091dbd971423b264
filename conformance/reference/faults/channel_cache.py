"""Entity tags of the channel list that do not tell one list from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from conformance.reference.faults import alters_answers
from conformance.reference.faults.operations import MDS
from conformance.reference.wire import Answer

if TYPE_CHECKING:
    from conformance.reference.platform import Platform
    from conformance.reference.wire import Call

TAG = '"channels-7"'


@alters_answers(MDS, kind="state")
def channels_of_one_entity_tag(call: Call, answer: Answer, platform: Platform) -> Answer:
    """The list has one entity tag, in the home and out of it."""
    if answer.status == 200 and call.headers.get("if-none-match") == TAG:
        return Answer(304, headers={"etag": TAG}, raw=b"")
    answer.headers["etag"] = TAG
    return answer
