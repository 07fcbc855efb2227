"""Commands that measure: `bench` and `eval`."""
