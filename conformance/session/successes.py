"""What a success of an operation looks like: by the members that the documents name, and by those that came."""

from __future__ import annotations

from collections import defaultdict

from conformance.contract import Contract
from conformance.model import Response
from conformance.session.form import json_of


class Successes:
    """The members of each operation's successes.

    Args:
        contract: the operations, with the members that the documents name.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._shown: defaultdict[str, set[str]] = defaultdict(set)
        self._plain: defaultdict[str, set[frozenset[str]]] = defaultdict(set)

    def learn(self, operation: str, names: frozenset[str]) -> None:
        """Learn which members a success of an operation has, of which the documents name none."""
        self._shown[operation] |= names

    @property
    def seen(self) -> bool:
        """Whether a plain request of any operation succeeded."""
        return any(self._plain.values())

    def settles(self, operation: str, response: Response | None, *, suspicious: bool) -> bool:
        """Tell whether a response is a success of the operation's own, so that nobody else is asked about it.

        Args:
            operation: the operationId.
            response: what came.
            suspicious: a firewall may take the request for an attack: its success has the members of others.
        """
        if response is None or not self.has_member(operation, response):
            return False
        body, known = json_of(response), self._plain[operation]
        names = frozenset(body) if isinstance(body, dict) else frozenset()
        if suspicious:
            return not known or names in known
        known.add(names)
        return True

    def has_member(self, operation: str, response: Response) -> bool:
        """Tell whether a response is a 2xx of JSON that has a documented member.

        Where the documents name no member, those that were learned count, and a body of one word is one. What something
        in front may have blocked is looked into, however it is answered.
        """
        if not 200 <= response.status < 300:
            return False
        documented = self._contract.members(operation)
        body = json_of(response)
        if body is None:
            return not documented and len(response.body.split()) == 1 and not response.body.lstrip().startswith(b"<")
        names = body.keys() if isinstance(body, dict) else frozenset()
        return not (documented or self._shown[operation]).isdisjoint(names)
