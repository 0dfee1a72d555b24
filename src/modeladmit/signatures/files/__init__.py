"""Files on disk against what was signed: walking a folder that somebody else may change, hashing it, comparing.

The only part of this room that reads files; it still opens no socket and asks no clock.
"""
