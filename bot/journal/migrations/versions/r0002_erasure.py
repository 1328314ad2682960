"""Lawful erasure: which bodies went with which entry, and triggers that let only those go.

A body may be removed once ``erased`` names it, and it cannot be put back; ``erased`` takes only
rows whose entry is an erasure, and keeps them.  ``scrubbed`` remembers after how many of them the
files were rebuilt.  PostgreSQL is told to keep no statistics of what
people typed: its planner would remember samples of erased texts.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The line is canonical: its kind is spelt in this way and in no other.
_SQLITE = (
    "DROP TRIGGER body_no_DELETE",
    """
CREATE TRIGGER body_no_DELETE BEFORE DELETE ON body
WHEN NOT EXISTS (SELECT 1 FROM erased WHERE crisis = OLD.crisis AND seq = OLD.seq)
BEGIN SELECT RAISE(ABORT, 'append-only'); END
""",
    """
CREATE TRIGGER body_no_return BEFORE INSERT ON body
WHEN EXISTS (SELECT 1 FROM erased WHERE crisis = NEW.crisis AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'append-only'); END
""",
    """
CREATE TRIGGER erased_by_erasure BEFORE INSERT ON erased
WHEN NOT EXISTS (
  SELECT 1 FROM entry
  WHERE crisis = NEW.crisis AND seq = NEW.by_seq AND instr(line, '"kind":"lines_erased"') > 0
) OR EXISTS (SELECT 1 FROM erased WHERE crisis = NEW.crisis AND seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'append-only'); END
""",
    """
CREATE TRIGGER erased_no_UPDATE BEFORE UPDATE ON erased
BEGIN SELECT RAISE(ABORT, 'append-only'); END
""",
    """
CREATE TRIGGER erased_no_DELETE BEFORE DELETE ON erased
BEGIN SELECT RAISE(ABORT, 'append-only'); END
""",
)

_POSTGRESQL = (
    "DROP TRIGGER body_no_change ON body",
    """
CREATE TRIGGER body_no_change BEFORE UPDATE ON body
FOR EACH ROW EXECUTE FUNCTION tocsin_append_only()
""",
    """
CREATE FUNCTION tocsin_goes_if_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM erased WHERE crisis = OLD.crisis AND seq = OLD.seq) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE TRIGGER body_no_delete BEFORE DELETE ON body
FOR EACH ROW EXECUTE FUNCTION tocsin_goes_if_erased()
""",
    """
CREATE FUNCTION tocsin_comes_unless_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM erased WHERE crisis = NEW.crisis AND seq = NEW.seq) THEN
    RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
""",
    """
CREATE TRIGGER body_no_return BEFORE INSERT ON body
FOR EACH ROW EXECUTE FUNCTION tocsin_comes_unless_erased()
""",
    """
CREATE FUNCTION tocsin_by_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM entry
    WHERE crisis = NEW.crisis AND seq = NEW.by_seq AND position('"kind":"lines_erased"' in line) > 0
  ) THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'append-only' USING ERRCODE = 'integrity_constraint_violation';
END $$
""",
    """
CREATE TRIGGER erased_by_erasure BEFORE INSERT ON erased
FOR EACH ROW EXECUTE FUNCTION tocsin_by_erasure()
""",
    """
CREATE TRIGGER erased_no_change BEFORE UPDATE OR DELETE ON erased
FOR EACH ROW EXECUTE FUNCTION tocsin_append_only()
""",
    """
CREATE TRIGGER erased_no_truncate BEFORE TRUNCATE ON erased
FOR EACH STATEMENT EXECUTE FUNCTION tocsin_append_only()
""",
    "ALTER TABLE body ALTER COLUMN body SET STATISTICS 0, ALTER COLUMN salt SET STATISTICS 0",
)


def upgrade() -> None:
    """Create the table and let go of the bodies that it names, and of no other."""
    op.create_table(
        "erased",
        sa.Column("crisis", sa.Text, primary_key=True),
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("by_seq", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["crisis", "seq"], ["entry.crisis", "entry.seq"], name="erased_entry"
        ),
        sa.ForeignKeyConstraint(
            ["crisis", "by_seq"], ["entry.crisis", "entry.seq"], name="erased_by"
        ),
        sa.CheckConstraint("by_seq > seq", name="erased_before"),
        sqlite_with_rowid=False,
    )
    op.create_table("scrubbed", sa.Column("bodies", _NUMBER, primary_key=True, autoincrement=False))
    for statement in _SQLITE if op.get_bind().dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    """The journal is append-only: there is no way back."""
    raise RuntimeError("restore a copy of the database instead")
