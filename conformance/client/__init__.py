"""The only door to the network: bounded in time and memory, rate-limited, and guarded."""

from conformance.client.budget import Budget, creation_of, is_write
from conformance.client.concurrent import BATCH, ConcurrentClient, NotSent, Outcome
from conformance.client.decoding import MAX_BODY_BYTES
from conformance.client.failures import UNREACHED, Kind
from conformance.client.http import Client, Guard, Transport
from conformance.client.ledger import Ledger
from conformance.client.peers import Peer
from conformance.client.wire import Reply, Wire

__all__ = [
    "BATCH",
    "MAX_BODY_BYTES",
    "UNREACHED",
    "Budget",
    "Client",
    "ConcurrentClient",
    "Guard",
    "Kind",
    "Ledger",
    "NotSent",
    "Outcome",
    "Peer",
    "Reply",
    "Transport",
    "Wire",
    "creation_of",
    "is_write",
]
