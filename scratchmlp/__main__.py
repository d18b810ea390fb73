"""`python -m scratchmlp`."""

import sys

try:
    from scratchmlp.cli import main

    main()
except KeyboardInterrupt:  # also during the imports
    sys.exit(130)
