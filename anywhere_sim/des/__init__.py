"""Discrete-event simulation: an event loop, a station, a bounded pool and random streams."""
