"""The pages that the server draws without Gradio: Today, papers, the library, and what is done on them."""
