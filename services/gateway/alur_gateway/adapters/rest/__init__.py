"""REST: `/api/v1`, by FastAPI. Importing this loads the framework, so it is done when first needed."""

from alur_gateway.adapters.rest.app import create

__all__ = ["create"]
