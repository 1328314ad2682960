"""The technical log: one line an event on standard error, never the text of a message."""

import logging


def configure(level: str) -> None:
    """Log at this level; the libraries stay quiet below a warning."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("bot").setLevel(level)
