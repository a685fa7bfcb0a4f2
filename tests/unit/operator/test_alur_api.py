from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from alur_operator.adapters.alur_api import AlurApi
from alur_operator.settings import Settings
from alur_sdk.errors import UnauthenticatedError, UnavailableError
from tests.support.http_server import http_answer, local_server


@asynccontextmanager
async def reached(
    server: str, bearer: Callable[[], str] = lambda: "token"
) -> AsyncIterator[AlurApi]:
    held = asyncio.Event()
    held.set()
    async with AlurApi(server, bearer, held) as alur:
        yield alur


async def test_a_token_s_file_that_is_away_is_no_fault_of_a_workflow(tmp_path: Path) -> None:
    settings = Settings(token_file=tmp_path / "token")
    async with reached("http://127.0.0.1:1", settings.bearer) as alur:
        with pytest.raises(UnauthenticatedError, match="token cannot be read"):
            await alur.find_workflow("shop", "greet")


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_another_server_at_its_address_is_as_one_that_is_away(status: int) -> None:
    page = http_answer(status, b"<html>", content_type="text/html")
    async with local_server(lambda _: page) as other, reached(other.url) as alur:
        with pytest.raises(UnavailableError):
            await alur.find_workflow("shop", "greet")
