"""A real PostgreSQL for the nights on which several processes share a journal."""

from tests.journal.conftest import postgresql_server, postgresql_url

__all__ = ["postgresql_server", "postgresql_url"]
