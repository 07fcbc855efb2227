"""Simulated readers: seeded people with goals who hold conversations with the assistant, and a check of what they got.

After Choi, Doh and Nam, "TalkPlayData 2" (arXiv 2509.09685), section 3: a goal drawn first, who wants it, what she
knows, and a conversation that goes on until she has it or gives up. There language models play both parts; here the
reader is a program, so that a seed gives the same conversation, and whether she got it is read off the citations.
"""
