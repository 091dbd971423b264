"""Checks of IAS: sign-on by caSN, the broadcast token, and updates of the in-home status."""
