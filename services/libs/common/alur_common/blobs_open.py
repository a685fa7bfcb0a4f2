"""Blobs where a setting says that they are."""

from __future__ import annotations

from pathlib import Path

from alur_common.blobs import KeptBlobs


def open_blobs(url: str) -> KeptBlobs:
    """Return the blobs at `s3://bucket/prefix`, with the usual `AWS_*` variables, or in a folder that all processes reach.

    Raises `InvalidError` for a URL of another kind.
    """
    if "://" in url:
        from alur_common.blobs_s3 import S3Blobs  # noqa: PLC0415  # a driver that a folder does not need

        return S3Blobs(url)
    from alur_common.blobs_files import FileBlobs  # noqa: PLC0415  # not where blobs are in S3

    return FileBlobs(Path(url))
