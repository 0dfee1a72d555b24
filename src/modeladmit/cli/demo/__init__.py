"""`modeladmit demo`: a registry, two models, a policy and the real webhook behind TLS, on loopback and in one process."""
