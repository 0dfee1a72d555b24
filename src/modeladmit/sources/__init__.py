"""References to artifacts and their evidence, over the network: one file or folder per protocol.

`transport` is the only HTTP session; `keychain` the only place that credentials come from; `registry.build_sources`
the only list of protocols. Everything raised is an `EvidenceError` leaf.
"""
