"""The plugin against a real HTTP service."""

from __future__ import annotations

import datetime
import ipaddress
import itertools
import json
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import pytest
from service import Service

from volrules import Engine, Refused, Report, SiteError
from volrules.testing import a_message, a_request, a_site, a_snapshot, an_image, check_plugin, decide
from volrules_webhook import NoAnswer, Webhook

OBJECTION = {"code": "too_big", "path": "/volume/size", "message": "size `10` is too much on fridays; ask for 5"}
FULL = {**OBJECTION, "kind": "PolicyNotAuthorized", "recovery": "wait_and_retry", "params": {"size": 10}}


def asked(service, request=None, **options):
    return decide(Webhook, request, options={"url": service.url(), **options})


def plugin(**options):
    defaults = {key: rules["default"] for key, rules in Webhook.volrules_options_schema().items()}
    return Webhook({**defaults, **options})


def codes(decision):
    return [each.code for each in decision.violations]


def schema(name):
    return json.loads(files("volrules_webhook").joinpath(f"{name}.json").read_text())


# The rule


def test_a_service_with_nothing_against_it(service):
    assert asked(service).accepted


def test_a_violation_is_reported_in_the_plugin_s_name(service):
    service.answer({"violations": [OBJECTION]})
    (found,) = asked(service).violations
    assert (found.code, found.path, found.message) == ("webhook.too_big", "/volume/size", OBJECTION["message"])
    assert (found.kind, found.recovery, found.plugin) == ("InvalidInput", "fix_request", "webhook")


def test_a_violation_may_say_everything_there_is(service):
    service.answer({"violations": [FULL]})
    (found,) = asked(service).violations
    assert (found.kind, found.recovery, dict(found.params)) == ("PolicyNotAuthorized", "wait_and_retry", {"size": 10})


@pytest.mark.parametrize(
    "request_",
    [
        a_request(volume_type="encrypted", metadata={"été": "1"}, hints={"same_host": ["a"]}),
        a_request(snapshot_id=a_snapshot()["id"]),
        a_request(imageRef=an_image()["id"], size=2),
        a_request(size=0, availability_zone="nowhere"),
    ],
    ids=["typed", "snapshot", "image", "in violation"],
)
def test_what_is_asked_fits_its_schema(service, request_):
    asked(service, request_)
    ((path, headers, question),) = service.asked
    jsonschema.validate(question, schema("question"))
    assert (path, headers["Content-Type"], question["request"]) == ("/", "application/json", request_)


def test_what_is_in_violation_is_left_out(service):
    asked(service, a_request(size=0))
    assert "size" not in service.asked[0][2]["volume"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"violations": [], "more": NaN}',
        {"violations": [], "more": 1},
        {"violations": [{**OBJECTION, "code": "No Code"}]},
        {"violations": [{**OBJECTION, "path": "volume/size"}]},
        {"violations": [{**OBJECTION, "message": "\ud800"}]},
        {"violations": [{**OBJECTION, "recovery": "pray"}]},
        {"violations": [{**FULL, "params": {"code": 1}}]},
        {"violations": [OBJECTION] * 101},
        [],
    ],
    ids=itertools.count(),
)
def test_what_does_not_fit_the_schema_is_no_answer(service, answer):
    service.answer(answer)
    assert codes(asked(service)) == ["plugin.failed"]


@pytest.mark.parametrize("status", [201, 204, 400, 404, 500, 503])
def test_a_status_but_200_is_no_answer(service, status):
    service.answer({"violations": []} if status != 204 else None, status)
    assert codes(asked(service)) == ["plugin.failed"]


def test_the_failure_policy_is_the_site_s(service):
    service.stop()
    site = a_site(plugins={"webhook": {"failure_policy": "ignore"}})
    decision = decide(Webhook, site=site, options={"url": service.url()})
    assert decision.accepted
    assert [each.code for each in decision.warnings] == ["plugin.failed"]
    service.__init__()


def test_without_an_address_nobody_is_asked():
    assert decide(Webhook).accepted


def test_engines_can_rely_on_it(service):
    service.answer({"violations": [FULL]})
    check_plugin(Webhook, options={"url": service.url()}, examples=20)


# The line


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com", "https://user:secret@example.com/", "http://127.0.0.1.example.com/"],
)
def test_an_address_that_tells_secrets_is_refused(url):
    with pytest.raises(SiteError, match="url"):
        decide(Webhook, options={"url": url})


def test_an_answer_that_does_not_come_is_given_up(service):
    service.pause = 0.5
    assert codes(asked(service, timeout=0.2)) == ["plugin.failed"]


def test_an_answer_that_trickles_in_is_given_up(service):
    service.pause = 0.05
    with pytest.raises(NoAnswer, match="longer than"):
        next(plugin(url=service.url(), timeout=0.2).volrules_validate_volume(a_draft()), None)


def test_an_answer_without_end_is_given_up(service):
    service.answer(b'{"violations": []' + b" " * 3000 + b"}")
    with pytest.raises(NoAnswer, match="larger than"):
        next(plugin(url=service.url(), largest_answer=2000).volrules_validate_volume(a_draft()), None)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_within_the_service_is_followed(service, status):
    service.answer(status=status, path="/old", Location="/")
    service.answer({"violations": [OBJECTION]})
    assert codes(asked(service, url=service.url("/old"))) == ["webhook.too_big"]
    assert service.asked[0][2] == service.asked[1][2]


def test_a_redirect_to_elsewhere_is_not_followed(service):
    other = Service()
    service.answer(status=307, Location=other.url())
    assert codes(asked(service)) == ["plugin.failed"]
    other.stop()
    assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_would_ask_otherwise_is_not_followed(service, status):
    service.answer(status=status, Location="/other")
    assert codes(asked(service)) == ["plugin.failed"]
    assert len(service.asked) == 1


def test_redirects_in_circles_are_given_up(service):
    service.answer(status=307, Location="/")
    with pytest.raises(NoAnswer, match="circles"):
        next(plugin(url=service.url()).volrules_validate_volume(a_draft()), None)


def test_a_token_is_sent_and_may_change(service, tmp_path):
    token = tmp_path / "token"
    hook = plugin(url=service.url(), token_file=str(token))
    for each in ("one", "two"):
        token.write_text(f"{each}\n")
        list(hook.volrules_validate_volume(a_draft()))
    hook.close()
    assert [headers["Authorization"] for _, headers, _ in service.asked] == ["Bearer one", "Bearer two"]


def test_certificates_are_verified(tmp_path):
    certificate = a_certificate(tmp_path)
    service = Service(certificate)
    service.answer({"violations": []})
    try:
        assert codes(asked(service)) == ["plugin.failed"]
        assert asked(service, ca_file=str(certificate)).accepted
        assert codes(asked(service, url=service.url(host="localhost"), ca_file=str(certificate))) == ["plugin.failed"]
    finally:
        service.stop()
    assert len(service.asked) == 1


def test_threads_share_it(service):
    hook = plugin(url=service.url())
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: list(hook.volrules_validate_volume(a_draft())), range(24))) == [[]] * 24
    hook.close()


def test_a_child_of_a_fork_has_its_own_connection(service):
    hook = plugin(dispatch_url=service.url())
    service.answer()
    hook.volrules_dispatch(a_message())
    child = os.fork()
    if child == 0:
        try:
            hook.volrules_dispatch(a_message())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    hook.volrules_dispatch(a_message())
    hook.close()
    assert len(service.asked) == 3


# The dispatcher


def dispatched(service, message=None):
    hook = plugin(dispatch_url=service.url())
    try:
        return hook.volrules_dispatch(message or a_message())
    finally:
        hook.close()


@pytest.mark.parametrize(
    ("status", "body", "report"),
    [
        (202, None, None),
        (200, {}, None),
        (201, {"status": "available", "host": "node1"}, Report("available", "node1")),
        (200, {"status": "error"}, Report("error")),
    ],
)
def test_a_volume_is_posted_under_its_id(service, status, body, report):
    message = a_message()
    service.answer(body, status)
    assert dispatched(service, message) == report
    ((_, headers, sent),) = service.asked
    assert headers["Idempotency-Key"] == message.volume_id
    assert sent == message.to_dict()


@pytest.mark.parametrize("status", [400, 401, 404, 410, 422])
def test_a_refusal_is_final(service, status):
    service.answer({"reason": "no room\n\x1b[31m"}, status)
    with pytest.raises(Refused, match=f"{status}; it says `.*no room"):
        dispatched(service)


@pytest.mark.parametrize("status", [301, 408, 409, 425, 429, 500, 502, 503])
def test_what_may_pass_is_tried_again(service, status):
    service.answer(status=status)
    with pytest.raises(NoAnswer) as raised:
        dispatched(service)
    assert raised.value.retryable


def test_a_report_that_is_none_is_tried_again(service):
    service.answer({"status": "fine"})
    with pytest.raises(NoAnswer, match=r"report\.json"):
        dispatched(service)


def test_a_dispatcher_needs_an_address():
    with pytest.raises(NoAnswer, match="dispatch_url"):
        plugin().volrules_dispatch(a_message())


def test_a_volume_is_created_by_http(service, tmp_path):
    service.answer({"status": "available", "host": "node1"}, path="/volumes")
    options = {"url": service.url(), "dispatch_url": service.url("/volumes")}
    site = a_site(dispatcher="webhook", plugins={"webhook": {"options": options}})
    with Engine.open(site, store=f"sqlite:///{tmp_path}/volrules.db") as engine:
        receipt = engine.create(a_request())
        assert receipt.dispatch == "dispatched"
        assert engine.get(receipt.volume_id).host == "node1"
    assert [path for path, _, _ in service.asked] == ["/", "/volumes"]


@pytest.mark.parametrize("name", ["question", "answer", "report"])
def test_the_schemas_are_schemas(name):
    jsonschema.Draft202012Validator.check_schema(schema(name))


def a_draft():
    """Something with a request and a context, of which nothing else is known."""
    context: Mapping[str, object] = {"project_id": "p1", "user_id": None, "roles": None, "request_id": None}
    return SimpleNamespace(request=a_request(), context=context)


def a_certificate(folder):
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(private + certificate.public_bytes(encoding))
    return path


def test_the_readme_s_answers_fit_their_schemas():
    text = (Path(__file__).parents[1] / "README.md").read_text()
    jsonschema.validate(json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL)[1]), schema("answer"))
    jsonschema.validate(json.loads(re.search(r"`(\{\"status\".*?\})`", text)[1]), schema("report"))
