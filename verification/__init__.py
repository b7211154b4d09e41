"""The model's connections against real TCP and TLS of this machine's kernel and OpenSSL."""
