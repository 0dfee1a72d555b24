"""The wire: pydantic models of our kinds, their CustomResourceDefinitions, AdmissionReview, and what a policy compiles to."""
