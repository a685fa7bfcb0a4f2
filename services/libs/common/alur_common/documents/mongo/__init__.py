"""`Documents` on MongoDB, or a server that speaks its protocol."""

from alur_common.documents.mongo.client import connect
from alur_common.documents.mongo.store import MongoDocuments

__all__ = ["MongoDocuments", "connect"]
