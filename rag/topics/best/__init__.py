"""The best paper for a request: criteria first, then how far each paper meets them, then an order that follows.

    rag/query/intents/criteria.py    a request → criteria, which a reader may change
    evidence.py              what a paper's sentences say of a criterion, measured
    rag/models/criteria      measures → one of four levels
    choice.py                candidates, their labels with quotes, the order

After "Generative Product Recommendations for Implicit Superlative Queries" (arXiv:2504.18748, section 3), which labels
products on four levels; there a language model infers the criteria and the labels, here both are read and learnt.
"""
