"""The client: how it connects, what it asks for, and its three modes."""
