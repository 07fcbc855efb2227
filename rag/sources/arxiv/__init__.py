"""arXiv: its API, its daily announcements and its full texts, asked politely (docs/adr/0020-fetch.md).

pace           one request at a time and a pause after it, over all processes of a data folder
connection     requests in turns, again after a growing wait, of the configured hosts alone
feed           Atom → entries: papers with arXiv's version numbers
selection      categories and words → the API's query
listing        a selection, page by page from the newest back to a day; goes on where it stopped (positions)
lookup         single papers by id or title
announcements  the day's feed of a category: the source behind ``arxiv:CATEGORY``
fulltexts      PDFs
"""
