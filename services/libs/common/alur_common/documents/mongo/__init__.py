"""Documents on MongoDB, or a server that speaks its protocol: one database that many processes share."""

from alur_common.documents.mongo.client import connect
from alur_common.documents.mongo.store import MongoDocuments

__all__ = ["MongoDocuments", "connect"]
