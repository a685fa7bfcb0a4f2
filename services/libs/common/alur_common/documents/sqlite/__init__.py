"""Documents on SQLite: durable on one machine, with nothing to set up."""

from alur_common.documents.sqlite.store import SqliteDocuments

__all__ = ["SqliteDocuments"]
