"""When a finished stage was last used: the ones nobody uses go first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("shard", sa.Column("used_at", sa.DateTime(timezone=True), nullable=True))
