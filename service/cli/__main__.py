"""`python -m service.cli`: the command line without its entry point."""

import sys

from service.cli import main

sys.exit(main())
