"""Jobs and callbacks belong to whoever asked for them; those of before to nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Take the step."""
    for table in ("job", "delivery"):
        op.add_column(table, sa.Column("owner", sa.String(64), nullable=False, server_default=""))
