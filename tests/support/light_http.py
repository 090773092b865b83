"""A client for HTTP that does little but read, so that a bench measures whom it asks."""

from __future__ import annotations

import asyncio


class LightHttp:
    """One connection that is kept; requests go as they are, one after another."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def dial(cls, host: str, port: int) -> LightHttp:
        """Connected."""
        return cls(*await asyncio.open_connection(host, port))

    async def get(self, path: str) -> bytes:
        """The body at ``path``, compressed as for a browser. Raises ``RuntimeError`` if not 200."""
        return await self.ask(
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode()
        )

    async def ask(self, request: bytes) -> bytes:
        """The body of the answer to a whole ``request``; ``RuntimeError`` if that is not 200."""
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        body = await self._reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError((head + body).decode())
        return body

    def hang_up(self) -> None:
        """Close the connection."""
        self._writer.close()
