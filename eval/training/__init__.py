"""How the shipped models were made: one seeded script a model, and the data that is ours to ship."""
