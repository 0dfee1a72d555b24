"""The command line: the webhook's verdict for people and for CI, without a cluster.

Every command is a file of its own and is imported only when it runs, so that `modeladmit --help` stays instant.
"""
