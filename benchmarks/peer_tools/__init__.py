"""The tools that `peers.py` runs. Each gets the contract of a service, and says what it found."""
