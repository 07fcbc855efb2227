"""A library as one file: what belongs to it, how the file is written while the library is in use, how it comes back."""
