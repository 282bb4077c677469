"""The embedded key manager."""

from __future__ import annotations

import stat

import pytest

from volrules import VolrulesError, durable
from volrules.keymanagers.local import Local

CREATE = {"encryption_key": {"action": "create"}, "encryption": {"key_size": 256}}


def copying(key_id):
    return {"encryption_key": {"action": "copy", "source_key_id": key_id}, "encryption": {"key_size": 256}}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "keys"


@pytest.fixture
def local(folder):
    return Local({"directory": str(folder)})


def test_a_volume_has_one_key(local):
    key_id = local.volrules_create_key(CREATE, "v1")
    secret = local.read(key_id)
    assert local.volrules_create_key(CREATE, "v1") == key_id
    assert local.read(key_id) == secret
    assert local.read(local.volrules_create_key(CREATE, "v2")) != secret


@pytest.mark.parametrize(("bits", "length"), [(256, 32), (128, 16), (512, 64), (None, 32)])
def test_a_key_is_as_long_as_its_type_says(local, bits, length):
    plan = {"encryption_key": {"action": "create"}, "encryption": {"key_size": bits}}
    assert len(local.read(local.volrules_create_key(plan, "v1"))) == length


@pytest.mark.parametrize("bits", [1, 4, 7, 255])
def test_a_key_is_never_shorter_than_its_type_says(local, bits):
    plan = {"encryption_key": {"action": "create"}, "encryption": {"key_size": bits}}
    try:
        key_id = local.volrules_create_key(plan, "v1")
    except VolrulesError:
        return
    assert len(local.read(key_id)) * 8 >= bits


def test_a_copy_is_a_key_of_its_own_with_the_same_secret(local):
    source = local.volrules_create_key(CREATE, "v1")
    copied = local.volrules_create_key(copying(source), "v2")
    assert copied != source
    assert local.read(copied) == local.read(source)
    local.volrules_delete_key("v1", None)
    assert local.read(copied)
    assert local.volrules_create_key(copying(source), "v2") == copied


def test_a_copy_of_a_key_that_is_not_there_is_a_fault(local):
    local.volrules_create_key(CREATE, "v1")
    with pytest.raises(VolrulesError) as caught:
        local.volrules_create_key(copying("nope"), "v2")
    assert "nope" in str(caught.value)


def test_a_key_is_deleted_once_and_for_all(local):
    key_id = local.volrules_create_key(CREATE, "v1")
    local.volrules_delete_key("v1", None)
    local.volrules_delete_key("v1", None)
    local.volrules_delete_key("never made", None)
    with pytest.raises(VolrulesError):
        local.read(key_id)


def test_nothing_is_deleted_where_there_never_was_a_folder(local, folder):
    local.volrules_delete_key("v1", None)
    assert not folder.exists()


def test_a_missing_master_key_is_a_fault_and_not_replaced(local, folder):
    key_id = local.volrules_create_key(CREATE, "v1")
    (folder / "master.key").unlink()
    for attempt in (lambda: local.read(key_id), lambda: local.volrules_create_key(CREATE, "v2")):
        with pytest.raises(VolrulesError, match=r"master\.key"):
            attempt()
    assert not (folder / "master.key").exists()


def test_a_wrong_master_key_is_a_fault(local, folder):
    key_id = local.volrules_create_key(CREATE, "v1")
    (folder / "master.key").write_bytes(b"x" * 32)
    with pytest.raises(VolrulesError, match=r"master\.key"):
        local.read(key_id)


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 31, b"x" * 33])
def test_a_damaged_master_key_is_a_fault(local, folder, content):
    key_id = local.volrules_create_key(CREATE, "v1")
    (folder / "master.key").write_bytes(content)
    with pytest.raises(VolrulesError):
        local.read(key_id)


@pytest.mark.parametrize("length", [13, 27])
def test_a_damaged_key_is_a_fault(local, folder, length):
    key_id = local.volrules_create_key(CREATE, "v1")
    file = folder / f"{key_id}.key"
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(VolrulesError):
        local.read(key_id)


def test_an_empty_key_is_a_fault(local, folder):
    key_id = local.volrules_create_key(CREATE, "v1")
    (folder / f"{key_id}.key").write_bytes(b"")
    with pytest.raises(VolrulesError):
        local.read(key_id)


def test_keys_are_sealed_and_their_owners_alone(local, folder):
    key_id = local.volrules_create_key(CREATE, "v1")
    assert {stat.S_IMODE(each.stat().st_mode) for each in folder.iterdir()} == {0o600}
    assert local.read(key_id) not in (folder / f"{key_id}.key").read_bytes()


def test_the_folder_is_its_owners_alone(local, folder):
    local.volrules_create_key(CREATE, "v1")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_no_secret_is_shown(local):
    secret = local.read(local.volrules_create_key(CREATE, "v1"))
    assert secret.hex() not in repr(local) + repr(vars(local))
    assert repr(secret) not in repr(local) + repr(vars(local))


def test_two_processes_make_their_first_keys_at_once(local, folder, monkeypatch):
    create, others = durable.create, []

    def interleaved(path, content, mode=0o644):
        if path.name == "master.key" and not others:
            others.append(None)
            others.append(Local({"directory": str(folder)}).volrules_create_key(CREATE, "v2"))
        return create(path, content, mode)

    monkeypatch.setattr(durable, "create", interleaved)
    assert local.read(local.volrules_create_key(CREATE, "v1"))
    assert local.read(others[1])
