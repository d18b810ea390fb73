"""`python -m scratchmlp`."""

import sys

try:
    from scratchmlp.cli import main

    main()
except KeyboardInterrupt:  # also while all that is imported
    sys.exit(130)
