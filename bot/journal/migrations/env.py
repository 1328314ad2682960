"""Alembic's way in: run the steps on the connection that the caller opened and will commit."""

from alembic import context

from bot.journal.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
