"""The wire: pydantic models of our kinds, their CustomResourceDefinitions, and what a policy compiles to."""
