"""A real HTTP service on 127.0.0.1: keeps what it is asked, answers as it is told."""

from __future__ import annotations

import json
import ssl
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service:
    """``answers``: path to (status, body, headers); ``asked``: path, headers and body of every request."""

    def __init__(self, certificate=None):
        self.answers = {}
        self.asked = []
        self.pause = 0.0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._scheme = "http" if certificate is None else "https"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def url(self, path="/", host="127.0.0.1"):
        return f"{self._scheme}://{host}:{self._server.server_port}{path}"

    def answer(self, body=None, status=200, path="/", **headers):
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.answers[path] = (status, raw, headers)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append((self.path, dict(self.headers), json.loads(body)))
                status, answer, headers = service.answers[self.path]
                with suppress(OSError):
                    self._send(status, answer, headers)

            def _send(self, status, answer, headers):
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                for each in [answer] if not service.pause else (answer[at : at + 1] for at in range(len(answer))):
                    self.wfile.write(each)
                    time.sleep(service.pause)

            def log_message(self, *args):
                pass

        return Handler
