"""What must outlive a process: SQLite beside the snapshots, or PostgreSQL by URL.

Screening itself needs none of it. To add a table: describe it in ``tables.py``, write the next numbered step in
``migrations/versions/``, and a module beside this one that holds every statement on it and hands out plain values.
"""

from sanctions_exposure.storage.database import Database

__all__ = ["Database"]
