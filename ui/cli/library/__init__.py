"""Commands about the library's papers: how they come in, are looked at and leave."""
