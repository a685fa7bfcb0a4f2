"""What compressed batches of records unpack to, bounded: a broker of a workflow's choice may send kilobytes that become gigabytes."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import cramjam
from aiokafka import codec
from aiokafka.errors import CorruptRecordException
from aiokafka.record import default_records, legacy_records, memory_records

MOST_BYTES: Final = 64 * 1024 * 1024
_RATIOS: Final = {"gzip": 1_100, "snappy": 22, "lz4": 255, "zstd": 44_000}
"""How many bytes one byte may become at most, by the formats (for zstd: a block of 128 KiB of three bytes)."""
_XERIAL_HEADER: Final = 16


def bound_batches() -> None:
    """Have the consumers of this process refuse a batch that unpacks to more than `MOST_BYTES`.

    Such a batch is a `CorruptRecordException` for who reads. Say so before a consumer starts; safe to repeat.
    """
    for module in _modules():
        for name, unpack in _UNPACK.items():
            if hasattr(module, f"{name}_decode"):
                setattr(module, f"{name}_decode", unpack)


def _modules() -> Iterator[Any]:
    yield from (default_records, legacy_records)
    if memory_records.MemoryRecords is not memory_records._MemoryRecordsPy:  # noqa: SLF001  # whether its fast code is there is told nowhere else
        from aiokafka.record._crecords import default_records as fast  # noqa: PLC0415  # as above
        from aiokafka.record._crecords import legacy_records as fast_legacy  # noqa: PLC0415  # as above

        yield from (fast, fast_legacy)


def _bounded(
    name: str, plain: Callable[[Any], bytes], careful: Callable[[bytes], bytes]
) -> Callable[[Any], bytes]:
    """Return what unpacks at once what cannot become too much, and all else with care."""

    def unpack(payload: Any) -> bytes:  # noqa: ANN401  # bytes or a view of them
        if len(payload) * _RATIOS[name] <= MOST_BYTES:
            return plain(payload)
        return careful(bytes(payload))

    return unpack


def _snappy(payload: bytes) -> bytes:
    sizes = map(cramjam.snappy.decompress_raw_len, _snappy_blocks(payload))
    if sum(sizes) > MOST_BYTES:
        raise _too_large()
    return bytes(codec.snappy_decode(payload))


def _snappy_blocks(payload: bytes) -> Iterator[bytes]:
    if not codec._detect_xerial_stream(payload):  # noqa: SLF001  # it decides as aiokafka does
        yield payload
        return
    at = _XERIAL_HEADER
    while at < len(payload):
        (size,) = struct.unpack_from("!i", payload, at)
        yield payload[at + 4 : at + 4 + size]
        at += 4 + max(size, 0)


def _by_room(unpack_into: Callable[[bytes, Any], int]) -> Callable[[bytes], bytes]:
    def careful(payload: bytes) -> bytes:
        # Memory that is taken as it is written to.
        with mmap.mmap(-1, MOST_BYTES) as room:
            try:
                return room[: unpack_into(payload, room)]
            except cramjam.DecompressionError as error:
                raise _too_large() from error

    return careful


def _too_large() -> CorruptRecordException:
    return CorruptRecordException(
        f"a batch of records cannot be unpacked, or to more than {MOST_BYTES // 1024**2} MiB: have it sent in smaller ones"
    )


_UNPACK: Final = {
    "gzip": _bounded("gzip", codec.gzip_decode, _by_room(cramjam.gzip.decompress_into)),
    "snappy": _bounded("snappy", codec.snappy_decode, _snappy),
    "lz4": _bounded("lz4", codec.lz4_decode, _by_room(cramjam.lz4.decompress_into)),
    "zstd": _bounded("zstd", codec.zstd_decode, _by_room(cramjam.zstd.decompress_into)),
}
