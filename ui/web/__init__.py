"""The web page: what `Assistant` streams, shown in a browser."""
