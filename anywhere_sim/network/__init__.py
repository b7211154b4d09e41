"""Bytes and time on the network: TCP, links, access paths and name resolution."""
