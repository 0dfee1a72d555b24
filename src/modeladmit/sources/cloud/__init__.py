"""Cloud identity for private registries and buckets, on the vendors' own credential libraries (optional extras).

The identity is the process's own (IRSA, workload identity, a mounted key), so only scopes that may use the release's
credentials are given it; that is `wiring`'s decision.
"""
