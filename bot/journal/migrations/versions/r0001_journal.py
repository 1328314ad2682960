"""The journal: sealed lines, their bodies, and the triggers that refuse to change them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

_SQLITE_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""

# INSERT OR REPLACE removes a row without a DELETE trigger unless recursive_triggers is on, which
# is a setting of the connection: this one holds for tools that do not set it.
_SQLITE_ENTRY_REPLACE = """
CREATE TRIGGER entry_no_replace BEFORE INSERT ON entry
WHEN EXISTS (SELECT 1 FROM entry WHERE crisis = NEW.crisis AND seq = NEW.seq)
  OR EXISTS (SELECT 1 FROM entry WHERE delivery = NEW.delivery)
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""
_SQLITE_BODY_REPLACE = """
CREATE TRIGGER body_no_replace BEFORE INSERT ON body
WHEN EXISTS (SELECT 1 FROM body WHERE crisis = NEW.crisis AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'append-only'); END
"""

_POSTGRESQL_FUNCTION = """
CREATE FUNCTION tocsin_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
_POSTGRESQL_GUARDS = """
CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION tocsin_append_only();
CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION tocsin_append_only()
"""


def upgrade() -> None:
    """Create the two tables and their guards."""
    op.create_table(
        "entry",
        sa.Column("crisis", sa.Text, primary_key=True),
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("line", sa.Text, nullable=False),
        sa.Column("sig", sa.Text),
        sa.Column("delivery", sa.Text),
        sa.UniqueConstraint("delivery", name="entry_delivery"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "body",
        sa.Column("crisis", sa.Text, primary_key=True),
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["crisis", "seq"], ["entry.crisis", "entry.seq"], name="body_entry"
        ),
        sqlite_with_rowid=False,
    )
    for statement in _guards(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """The journal is append-only: there is no way back."""
    raise RuntimeError("restore a copy of the database instead")


def _guards(dialect: str) -> list[str]:
    """The statements that make both tables append-only in this dialect."""
    if dialect == "sqlite":
        plain = [
            _SQLITE_GUARD.format(table=table, verb=verb)
            for table in ("entry", "body")
            for verb in ("UPDATE", "DELETE")
        ]
        return [*plain, _SQLITE_ENTRY_REPLACE, _SQLITE_BODY_REPLACE]
    guards = [_POSTGRESQL_GUARDS.format(table=table).split(";") for table in ("entry", "body")]
    return [_POSTGRESQL_FUNCTION, *(statement for pair in guards for statement in pair)]
