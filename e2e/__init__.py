"""Tests against real servers: a real API server, real registries, a private Sigstore."""
