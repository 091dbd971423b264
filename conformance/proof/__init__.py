"""Proof of a run for somebody who was not there: acceptance profile, signed bundle, its check, and a receipt."""
