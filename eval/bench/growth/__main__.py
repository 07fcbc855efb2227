"""`python -m eval.bench.growth`: paperchat beside plain LlamaIndex and Chroma, as a library grows."""

import sys

from eval.bench.growth.command import main

sys.exit(main())
