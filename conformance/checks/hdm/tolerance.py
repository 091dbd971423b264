"""What a request may carry without a difference."""

from __future__ import annotations

# The page calls x-correlation-id a string; none of these is a UUID.
ODD_CORRELATION_IDS = ("42", "living-room tablet; try=2", "Aa0-._~:/" * 14)
