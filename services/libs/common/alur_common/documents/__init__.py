"""Where documents are kept: the `Documents` port and its adapters."""
