"""The faces of the assistant: command line and web page."""
