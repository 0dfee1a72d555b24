"""A signing simulator: certificate authority, certificate log, Rekor v1 and v2, timestamp authority, keys, in memory.

It signs like the real clients do; every lie that a verifier must see through is one knob.
"""
