"""What the stand-ins that speak HTTP have in common."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


class JsonHandler(BaseHTTPRequestHandler):
    """Takes requests apart and answers them in JSON."""

    protocol_version = "HTTP/1.1"
    content_type = "application/json"

    @property
    def base(self) -> str:
        """This server's own address."""
        return f"http://127.0.0.1:{self.connection.getsockname()[1]}"

    @property
    def path_parts(self) -> list[str]:
        """The path, split at its slashes."""
        return [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]

    @property
    def query(self) -> dict[str, str]:
        """What follows the question mark."""
        return dict(parse_qsl(urlsplit(self.path).query))

    def body(self) -> bytes:
        """Read what was sent."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, content: object = None) -> None:
        """Send the answer."""
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", self.content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write one short line per request to the log."""
        sys.stderr.write(f"{self.command} {self.path} {code} {size}\n")


class Server(ThreadingHTTPServer):
    """Serves every connection in a thread."""

    daemon_threads = True
    request_queue_size = 128


def serve(handler: type[JsonHandler], port: int) -> None:
    """Serve on loopback until this process is ended."""
    Server(("127.0.0.1", port), handler).serve_forever()
