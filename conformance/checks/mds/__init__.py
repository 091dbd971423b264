"""Checks of MDS: the channel list, and who may see what can only be watched in the home."""
