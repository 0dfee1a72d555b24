"""Values and pure functions: what a workload uses, what a policy asks, what evidence proves, and the verdict.

No input or output, no clock, no logging, no wire format. Everything here can be read, tested and reasoned about alone.
"""
