"""What is asked of a shelf without a question: pages of papers, days, counts, and near names."""
