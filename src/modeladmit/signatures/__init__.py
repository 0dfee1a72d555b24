"""Bytes and trust material in, who said what about which bytes out. CPU only: no socket and no clock; only `files` reads a folder.

Everything that is read here was written by somebody who may want to be believed: every size, count and depth is bounded.
"""
