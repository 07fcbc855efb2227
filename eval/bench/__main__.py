"""`python -m eval.bench`: what `make bench` runs."""

import sys

from eval.bench.quality import main

sys.exit(main())
