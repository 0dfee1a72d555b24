"""Verdicts on paper: text for people, JSON for programs, SARIF for code scanning, JUnit XML for CI. Pure functions."""
