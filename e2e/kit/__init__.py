"""What the end-to-end tests and the demo stand on: real servers as context managers.

Nothing in here knows pytest; `e2e/conftest.py` turns the parts into fixtures.
"""
