"""Admission control for model deployments."""

__version__ = "0.1.0"
