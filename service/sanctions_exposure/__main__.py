"""``python -m sanctions_exposure`` is ``exposure``."""

from sanctions_exposure.cli import main

main()
