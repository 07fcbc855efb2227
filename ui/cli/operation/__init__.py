"""Commands for whoever runs it: the page, its configuration, backups."""
