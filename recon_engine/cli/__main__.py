"""`python -m recon_engine.cli` is `recon`."""

import sys

from recon_engine.cli import main

sys.exit(main())
