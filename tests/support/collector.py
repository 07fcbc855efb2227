"""A real loopback collector that takes OpenTelemetry's traces over HTTP, and keeps what it was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """What arrived: spans, and the bytes of all requests."""

    url: str
    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)
    received: bytearray = field(default_factory=bytearray)

    def named(self, name: str) -> list[Span]:
        """The spans of a name."""
        return [span for span in self.spans if span.name == name]

    def wait_for(self, *names: str, seconds: float = 30.0) -> None:
        """Wait until there is a span of each name."""
        end = time.monotonic() + seconds
        while not all(map(self.named, names)):
            assert time.monotonic() < end, (names, {span.name for span in self.spans})
            time.sleep(0.05)


@contextmanager
def collector() -> Iterator[Collector]:
    """Run the server in a thread."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    state = Collector(f"http://127.0.0.1:{server.server_address[1]}/v1/traces")
    server.state = state  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        state: Collector = self.server.state  # type: ignore[attr-defined]
        assert (self.path, self.headers["Content-Type"]) == ("/v1/traces", "application/x-protobuf")
        state.received += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            state.services |= {
                one.value.string_value for one in resource.resource.attributes if one.key == "service.name"
            }
            state.spans += [span for scope in resource.scope_spans for span in scope.spans]
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""
