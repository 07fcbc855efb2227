"""The faces of the assistant: command line and, later, web page."""
