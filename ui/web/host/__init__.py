"""The server: what is launched, served at once, and made later."""
