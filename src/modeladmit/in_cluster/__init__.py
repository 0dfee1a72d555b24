"""What webhook and operator have in common as processes in a cluster: composition, status pages, an orderly end."""
