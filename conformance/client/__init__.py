"""The only door to the network: bounded in time and memory, rate-limited, and guarded."""

from conformance.client.budget import Budget, is_write
from conformance.client.http import MAX_BODY_BYTES, Client, Reply, Wire
from conformance.client.ledger import Ledger

__all__ = ["MAX_BODY_BYTES", "Budget", "Client", "Ledger", "Reply", "Wire", "is_write"]
