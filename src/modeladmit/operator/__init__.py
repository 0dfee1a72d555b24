"""The operator: says in status, conditions and Events what the engine finds. It decides nothing and blocks nothing."""
