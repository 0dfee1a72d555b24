"""The load-time guard: hash what is really mounted, before the server reads it (design section 3, "The guard")."""
