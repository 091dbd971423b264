"""Checks of HDM, a file per section of hdm-authentication."""
