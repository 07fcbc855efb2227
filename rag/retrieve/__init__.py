"""Question → passages: hybrid lists, their fusion, a second look."""
