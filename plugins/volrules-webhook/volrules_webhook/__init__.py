"""Rules and dispatch by HTTP: a service is asked for violations, and may be handed the volumes.

What is sent and what may be answered is in the JSON Schemas beside this module.
"""

from __future__ import annotations

import functools
import importlib.resources
import json
import os
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from volrules import Draft, Message, Refused, Report, Violation, VolrulesError, hookimpl, violation

if TYPE_CHECKING:
    import httpx
    import jsonschema

_RESOLVED = ("size", "availability_zone", "volume_type", "qos_specs", "encryption_key", "metadata", "dispatch")
_SOURCES = ("snapshot", "source_volume", "backup", "image")
# Encrypted, or not leaving this machine; secrets belong into a file, not into the address.
_ADDRESS = r"(https://[^/?#@\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?)([/?]\S*)?"
# Request timeout, conflict, too early, too many requests: these may pass.
_PASSING = (408, 409, 425, 429)
_REDIRECTS = 3


class NoAnswer(VolrulesError):
    """The service did not answer, or not as it should: see to it. A message comes again."""

    retryable = True


class Webhook:
    """Asks ``url`` what is against a volume, and hands volumes to ``dispatch_url``. Safe to share between threads."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._clients: dict[int, httpx.Client] = {}

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``url``, ``dispatch_url``: the services, null: none. ``timeout``: seconds. ``largest_answer``: bytes.

        ``ca_file``: the certificates to trust in place of the system's. ``token_file``: holds a bearer token.
        """
        address = {"type": "string", "regex": _ADDRESS, "nullable": True, "default": None}
        path = {"type": "string", "empty": False, "nullable": True, "default": None}
        return {
            "url": address,
            "dispatch_url": address,
            "timeout": {"type": "number", "min": 0.001, "max": 3600, "default": 5},
            "largest_answer": {"type": "integer", "min": 2, "default": 1024**2},
            "ca_file": path,
            "token_file": path,
        }

    @hookimpl
    def volrules_validate_volume(self, draft: Draft) -> Iterator[Violation]:
        """What the service has against the volume. Raises NoAnswer: the failure policy says what becomes of that."""
        if self._options["url"] is None:
            return
        status, body = self._post(self._options["url"], _question(draft))
        if status != 200:
            raise NoAnswer(f"the service asked for violations answered {status}; {_excerpt(body)}")
        for each in _checked("answer", body)["violations"]:
            rest = {key: each[key] for key in ("kind", "recovery") if key in each}
            yield violation(f"webhook.{each['code']}", each["path"], each["message"], **rest, **each.get("params", {}))

    @hookimpl
    def volrules_dispatch(self, message: Message) -> Report | None:
        """POST the message, with the volume's id as Idempotency-Key.

        Raises Refused where the service does not want the volume, NoAnswer where it may want it later.
        """
        if self._options["dispatch_url"] is None:
            raise NoAnswer("there is no service to dispatch to; set the option `dispatch_url` of plugin webhook")
        status, body = self._post(
            self._options["dispatch_url"], message.to_dict(), {"Idempotency-Key": message.volume_id}
        )
        if 400 <= status < 500 and status not in _PASSING:
            raise Refused(f"the service refused the volume with {status}; {_excerpt(body)}")
        if not 200 <= status < 300:
            raise NoAnswer(f"the service answered {status} to the volume; {_excerpt(body)}")
        report = _checked("report", body) if body else {}
        return Report(report["status"], report.get("host")) if "status" in report else None

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients.values():
            client.close()

    def _post(self, url: str, document: Any, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of the answer; redirects are followed where they stay with the service."""
        import httpx  # lazily: slow to import

        deadline = time.monotonic() + self._options["timeout"]
        try:
            request = self._client().build_request(
                "POST", url, content=_spoken(document), headers={**self._headers(), **(headers or {})}
            )
            for _ in range(_REDIRECTS + 1):
                with closing(self._client().send(request, stream=True)) as response:
                    following = response.next_request
                    if following is None:
                        return response.status_code, self._read(response, deadline)
                request = _same_service(request, following)
        except httpx.HTTPError as error:
            raise NoAnswer(f"no answer from `{httpx.URL(url).host}` ({type(error).__name__}: {error})") from error
        raise NoAnswer(f"`{httpx.URL(url).host}` redirects in circles; correct the address")

    def _read(self, response: httpx.Response, deadline: float) -> bytes:
        body = bytearray()
        # Raw: what is not unpacked cannot become larger than what was sent.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > self._options["largest_answer"]:
                raise NoAnswer(f"the answer is larger than {self._options['largest_answer']} bytes; let it say less")
            if time.monotonic() > deadline:
                raise NoAnswer(f"the answer took longer than {self._options['timeout']:g} s; see what keeps it")
        return bytes(body)

    def _headers(self) -> Mapping[str, str]:
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        token = self._options["token_file"]
        return headers if token is None else {**headers, "Authorization": f"Bearer {Path(token).read_text().strip()}"}

    def _client(self) -> httpx.Client:
        # A child of a fork makes its own: two processes on one connection would read each other's answers.
        process = os.getpid()
        return self._clients.get(process) or self._made(process)

    def _made(self, process: int) -> httpx.Client:
        import httpx

        trusted = ssl.create_default_context(cafile=self._options["ca_file"])
        made = httpx.Client(verify=trusted, timeout=self._options["timeout"], trust_env=False)
        # Of threads that make one at the same time the first counts; a lock might be held where a fork happens.
        kept = self._clients.setdefault(process, made)
        if kept is not made:
            made.close()
        return kept


def _question(draft: Draft) -> Mapping[str, Any]:
    known = {each: getattr(draft, each) for each in (*_RESOLVED, *_SOURCES) if hasattr(draft, each)}
    return {
        "schema_version": 1,
        "request": draft.request,
        "context": draft.context,
        "volume": {each: known[each] for each in _RESOLVED if each in known},
        "sources": {each: known[each] for each in _SOURCES if known.get(each) is not None},
    }


def _spoken(document: Any) -> bytes:
    return json.dumps(document, default=_plain, ensure_ascii=False, allow_nan=False).encode()


def _plain(value: Any) -> Any:
    return value.to_dict() if hasattr(value, "to_dict") else dict(value)


def _same_service(request: httpx.Request, following: httpx.Request) -> httpx.Request:
    here, there = ((each.url.scheme, each.url.host, each.url.port) for each in (request, following))
    if there != here or following.method != request.method:
        raise NoAnswer(f"`{here[1]}` redirects to `{there[1]}` by {following.method}; correct the address")
    return following


def _checked(schema: str, body: bytes) -> dict[str, Any]:
    """The answer, as its schema wants it. Raises NoAnswer."""
    try:
        document: dict[str, Any] = json.loads(body)
        _spoken(document)
    except (ValueError, RecursionError):
        raise NoAnswer(f"the answer is not JSON; {_excerpt(body)}") from None
    wrong = next(_validator(schema).iter_errors(document), None)
    if wrong is not None:
        raise NoAnswer(f"the answer is not as `{schema}.json` says, at `{wrong.json_path}`: {wrong.message[:200]}")
    return document


@functools.cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    import jsonschema

    file = importlib.resources.files(__name__).joinpath(f"{name}.json")
    return jsonschema.Draft202012Validator(json.loads(file.read_text(encoding="utf-8")))


def _excerpt(body: bytes) -> str:
    text = " ".join(body[:300].decode(errors="replace").split())
    return f"it says `{''.join(each for each in text if each.isprintable())[:200]}`" if text else "it says nothing"
