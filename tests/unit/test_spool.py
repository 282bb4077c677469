"""The embedded dispatcher: one whole file a volume."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.builders import a_context, a_request, a_site, assert_valid
from volrules import Engine
from volrules.dispatchers.spool import Spool


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "some" / "spool"


@pytest.fixture
def engine(tmp_path, folder):
    plugins = {
        "spool": {"options": {"directory": str(folder)}},
        "local": {"options": {"directory": str(tmp_path / "keys")}},
    }
    with Engine.open(a_site(plugins=plugins), store=f"sqlite:///{tmp_path}/v.db") as engine:
        yield engine


@pytest.mark.parametrize("body", [a_request(name="ключ \n"), a_request(volume_type="crypt", hints={"a": [1]})])
def test_a_volume_is_one_file(engine, folder, body):
    receipt = engine.create(body, a_context(request_id="r1"))
    (file,) = folder.iterdir()
    message = json.loads(file.read_text(encoding="utf-8"))
    assert_valid("message", message)
    assert file.name == f"{receipt.volume_id}.json"
    assert message["volume_id"] == receipt.volume_id
    assert message["spec"] == receipt.decision.to_dict()["spec"]
    assert (message["project_id"], message["user_id"], message["request_id"]) == ("p1", "u1", "r1")
    assert (message["encryption_key_id"] is None) == (message["spec"]["encryption_key"] is None)


def test_a_message_that_comes_twice_is_one_file(engine, folder):
    engine.create(a_request())
    (file,) = folder.iterdir()
    before = file.read_bytes()
    Spool({"directory": folder}).volrules_dispatch(_message(before))
    assert [each.read_bytes() for each in folder.iterdir()] == [before]


def _message(content):
    from volrules import Message

    return Message.from_dict(json.loads(content))


def test_a_file_is_there_whole_or_not_at_all(engine, folder, monkeypatch):
    def broken(self, target):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", broken)
        assert engine.create(a_request()).dispatch == "pending"
    assert not list(folder.iterdir())


def test_a_folder_that_cannot_be_written_leaves_the_dispatch_pending(engine, folder):
    folder.parent.mkdir()
    folder.write_text("in the way")
    assert engine.create(a_request()).dispatch == "pending"
