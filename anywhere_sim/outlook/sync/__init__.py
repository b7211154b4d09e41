"""Synchronisation of the local copy with the server."""
