"""The HTTP side of one cluster: keep-alive, streamed watches, dropped connections."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from devstack.kubernetes.cluster import Cluster
from devstack.kubernetes.control import PREFIX, Control
from devstack.kubernetes.errors import ApiError
from devstack.kubernetes.requests import Answer, Call, Request, WatchAnswer, target_of

_JSON = "application/json"


class Site:
    """Serves one cluster."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.control = Control(cluster.timers, cluster.used)

    async def handle(self, incoming: web.BaseRequest) -> web.StreamResponse:
        """Answers one request."""
        request = Request(
            incoming.method,
            incoming.path,
            incoming.query,
            {key.lower(): value for key, value in incoming.headers.items()},
            await incoming.content.read() if incoming.can_read_body else b"",
        )
        if request.path.startswith(PREFIX):
            return _response(self.control.answer(request))
        target = target_of(request)
        try:
            who = self.cluster.identify(request)
        except ApiError as error:
            return _response(Answer(error.code, error.body()))
        dry_run = bool(request.query.get("dryRun"))
        refusal, dropped = await self.control.faults.before(target, dry_run=dry_run)
        answer = refusal or self.cluster.answer(request, who)
        status = answer.status if isinstance(answer, Answer) else 200
        self.control.calls.append(Call.of(target, who, status, dry_run=dry_run))
        await self.cluster.quiet()
        if dropped and incoming.transport is not None:
            incoming.transport.abort()
        if isinstance(answer, WatchAnswer):
            return await self._stream(incoming, answer)
        return _response(answer)

    async def _stream(self, incoming: web.BaseRequest, watch: WatchAnswer) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": _JSON})
        response.enable_chunked_encoding()
        loop = asyncio.get_running_loop()
        ends = loop.time() + watch.seconds
        try:
            await response.prepare(incoming)
            if watch.first:
                await response.write(b"".join(_line(item) for item in watch.first))
            while (left := ends - loop.time()) > 0:
                event = await asyncio.wait_for(watch.watcher.queue.get(), left)
                if event is None:
                    break
                item = watch.convert(event)
                if item is not None:
                    await response.write(_line(item))
        except TimeoutError:
            pass
        except ConnectionError:
            return response
        finally:
            self.cluster.store.unwatch(watch.watcher)
        with contextlib.suppress(ConnectionError):
            await response.write_eof()
        return response


def _line(item: Any) -> bytes:
    return json.dumps(item, separators=(",", ":")).encode() + b"\n"


def _response(answer: Answer) -> web.Response:
    if isinstance(answer.body, str):
        headers = {**answer.headers, "Content-Type": "text/plain; charset=utf-8"}
        return web.Response(status=answer.status, body=answer.body.encode(), headers=headers)
    body = json.dumps(answer.body, separators=(",", ":")).encode()
    return web.Response(status=answer.status, body=body, headers={"Content-Type": _JSON, **answer.headers})
