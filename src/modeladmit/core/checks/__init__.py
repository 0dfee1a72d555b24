"""One file per requirement of a TrustPolicy. Each takes a `Case` and yields what it finds; none knows the others."""
