"""Workflows and versions, node catalogue, people, rights and sealed credentials of Alur."""
