"""The pipeline: read, plan, find out, judge. Owns all concurrency, one deadline, and the caches of facts."""
