"""Transparency logs, Rekor v1 and v2: entries, inclusion proofs, checkpoints and promises."""
