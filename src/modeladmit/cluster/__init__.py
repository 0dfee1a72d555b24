"""Kubernetes IO: a thin client, the policy store, pull secrets. Foreign exceptions end here."""
