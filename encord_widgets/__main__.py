"""`python -m encord_widgets` is the command `encord-widgets`."""

import sys

from encord_widgets.cli import main

if __name__ == "__main__":
    sys.exit(main())
