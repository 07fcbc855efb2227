"""What every page works with: addresses, events, the tab that asks, and what it restricts to."""
