"""Programs whose text is in the object: Python."""
