"""What an answer rests on, as HTML: quotes, cards, tables, pages of PDFs."""
