"""The plugin with real files, a real cryptsetup where there is one, and real kills."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from volrules import Engine, Refused, Report, Spec
from volrules.testing import a_context, a_message, a_request, a_site, a_snapshot, check_plugin, decide
from volrules_localdisk import GIB, HEADER, LocalDisk, NotNow

KEY = "4f1c"
OTHER = "9be2"
needs_cryptsetup = pytest.mark.skipif(shutil.which("cryptsetup") is None, reason="needs cryptsetup")
AVAILABLE, ERROR = Report("available", "here"), Report("error", "here")


@pytest.fixture
def disk(tmp_path):
    """A plugin, where its volumes are, and keys that its key command can read."""
    folder, keys = tmp_path / "volumes", tmp_path / "keys"
    keys.mkdir()
    for each in (KEY, OTHER):
        (keys / each).write_bytes(os.urandom(32))
    options = {"directory": str(folder), "host": "here", "key_command": ["cat", f"{keys}/{{key_id}}"]}
    return SimpleNamespace(plugin=a_disk(options), folder=folder, keys=keys, options=options)


def a_disk(options, **members):
    """The plugin as a site makes it whose dispatcher it is."""
    return LocalDisk({**options, "dispatcher": "localdisk", **members})


def a_volume_of(size=1, key=None, **spec):
    return a_message(spec=Spec(size=size, **spec), encryption_key_id=key)


def file_of(disk, message):
    return disk.folder / f"{message.volume_id}.img"


def a_source(disk, folder="snapshots", content=b"data", size=8 * 1024**2):
    """A file to copy, with content at its front and its end and a hole in between; its name."""
    name = str(uuid.uuid4())
    path = disk.folder / folder / f"{name}.img"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with path.open("r+b") as file:
        file.truncate(size)
        file.seek(size - 4)
        file.write(b"tail")
    return name


def left(disk):
    return [path.name for path in disk.folder.iterdir() if path.is_file()]


def test_a_volume_is_a_sparse_file(disk):
    message = a_volume_of(size=3)
    assert disk.plugin.volrules_dispatch(message) == AVAILABLE
    assert left(disk) == [f"{message.volume_id}.img"]
    found = file_of(disk, message).stat()
    assert (found.st_size, found.st_mode & 0o777) == (3 * GIB, 0o600)
    assert found.st_blocks * 512 < 1024**2


def test_a_volume_that_is_there_is_not_touched(disk):
    message = a_volume_of()
    disk.plugin.volrules_dispatch(message)
    file_of(disk, message).write_bytes(b"precious")
    assert disk.plugin.volrules_dispatch(message) == AVAILABLE
    assert file_of(disk, message).read_bytes() == b"precious"
    assert len(left(disk)) == 1


@pytest.mark.parametrize(
    ("member", "folder"),
    [("snapshot_id", "snapshots"), ("source_volid", "."), ("image_id", "images"), ("backup_id", "backups")],
)
def test_a_source_is_copied_with_its_holes(disk, member, folder):
    message = a_volume_of(**{member: a_source(disk, folder)})
    assert disk.plugin.volrules_dispatch(message) == AVAILABLE
    with file_of(disk, message).open("rb") as file:
        assert file.read(8) == b"data\0\0\0\0"
        file.seek(8 * 1024**2 - 4)
        assert file.read(8) == b"tail\0\0\0\0"
    found = file_of(disk, message).stat()
    assert found.st_size == GIB
    assert found.st_blocks * 512 < 1024**2


def test_a_source_that_is_not_there_is_refused(disk):
    with pytest.raises(Refused, match="to copy"):
        disk.plugin.volrules_dispatch(a_volume_of(snapshot_id=str(uuid.uuid4())))
    assert left(disk) == []


def test_a_source_that_does_not_fit_is_refused(disk):
    with pytest.raises(Refused, match="larger"):
        disk.plugin.volrules_dispatch(a_volume_of(size=1, snapshot_id=a_source(disk, size=GIB + 512)))


@pytest.mark.parametrize("name", ["../volumes/x", "/etc/passwd", "..", ".hidden", "a/b"])
def test_a_source_is_a_file_of_ours(disk, name):
    with pytest.raises(Refused, match="no name for a file"):
        disk.plugin.volrules_dispatch(a_volume_of(image_id=name))


def test_another_host_s_volume_is_refused(disk):
    message = a_message(dispatch={"target": "host", "host": "elsewhere"})
    with pytest.raises(Refused, match="`elsewhere`"):
        disk.plugin.volrules_dispatch(message)


@needs_cryptsetup
def test_an_encrypted_volume_opens_with_its_key_and_no_other(disk):
    message = a_volume_of(key=KEY)
    assert disk.plugin.volrules_dispatch(message) == AVAILABLE
    assert file_of(disk, message).stat().st_size == GIB + HEADER
    assert opens(file_of(disk, message), disk.keys / KEY)
    assert not opens(file_of(disk, message), disk.keys / OTHER)


@needs_cryptsetup
def test_a_copy_of_an_encrypted_volume_opens_with_its_key(disk):
    source, copy = a_volume_of(key=KEY), a_volume_of(size=2, key=KEY)
    disk.plugin.volrules_dispatch(source)
    copy = a_volume_of(size=2, key=KEY, source_volid=source.volume_id)
    assert disk.plugin.volrules_dispatch(copy) == AVAILABLE
    assert opens(file_of(disk, copy), disk.keys / KEY)


@needs_cryptsetup
def test_a_copy_whose_key_does_not_open_it_is_an_error(disk, caplog):
    source = a_volume_of(key=KEY)
    disk.plugin.volrules_dispatch(source)
    copy = a_volume_of(key=OTHER, source_volid=source.volume_id)
    assert disk.plugin.volrules_dispatch(copy) == ERROR
    assert left(disk) == [f"{source.volume_id}.img"]
    assert "No key available" in caplog.text


@pytest.mark.parametrize(("content", "key"), [(b"data", KEY), (b"LUKS\xba\xbe", None)])
def test_encryption_is_neither_added_nor_lost_by_copying(disk, content, key):
    with pytest.raises(Refused, match="encrypted"):
        disk.plugin.volrules_dispatch(a_volume_of(key=key, snapshot_id=a_source(disk, content=content)))
    assert left(disk) == []


@pytest.mark.parametrize(
    ("lacking", "told"), [({"key_command": []}, "key_command"), ({"key_command": ["false"]}, "gave no key")]
)
def test_without_its_key_an_encrypted_volume_is_tried_again_later(disk, lacking, told):
    with pytest.raises(NotNow, match=told) as raised:
        a_disk(disk.options, **lacking).volrules_dispatch(a_volume_of(key=KEY))
    assert raised.value.retryable
    assert left(disk) == []


def test_without_cryptsetup_an_encrypted_volume_is_tried_again_later(disk, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(NotNow, match="install it"):
        disk.plugin.volrules_dispatch(a_volume_of(key=KEY))
    assert left(disk) == []


def test_a_kill_leaves_nothing_half_made(disk):
    message = a_volume_of(key=KEY, source_volid=a_source(disk, ".", b"LUKS\xba\xbe"))
    killed = a_disk(disk.options, key_command=["sh", "-c", "kill -9 $PPID"])
    in_a_child(lambda: killed.volrules_dispatch(message))
    assert not file_of(disk, message).exists()
    assert (disk.folder / f".{message.volume_id}.img.part").exists()

    plain = a_message(volume_id=message.volume_id)
    assert disk.plugin.volrules_dispatch(plain) == AVAILABLE
    with file_of(disk, plain).open("rb") as file:
        assert file.read(8) == bytes(8)
    assert not list(disk.folder.glob(".*"))


def test_many_makers_make_one_volume(disk):
    message, start = a_volume_of(snapshot_id=a_source(disk)), threading.Barrier(8)

    def make(_):
        start.wait()
        return a_disk(disk.options).volrules_dispatch(message), file_of(disk, message).stat().st_ino

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(8)))) == 1
    assert left(disk) == [f"{message.volume_id}.img"]


def a_described_snapshot(disk, **members):
    name = a_source(disk)
    entry = {"volume_size": 1, "project_id": "p1", **members}
    (disk.folder / "snapshots" / f"{name}.json").write_text(json.dumps(entry))
    return name


def test_snapshots_of_this_disk_are_found(disk):
    name = a_described_snapshot(disk)
    decision = decide(LocalDisk, a_request(snapshot_id=name), options=disk.options)
    assert (decision.spec.size, decision.provenance["size"].origin) == (1, "snapshot")


def test_snapshots_of_others_are_not(disk):
    name = a_described_snapshot(disk)
    for context, found in [({"project_id": "p2"}, False), ({"project_id": "p2", "roles": ["admin"]}, True)]:
        decision = decide(LocalDisk, a_request(snapshot_id=name), options=disk.options, context=a_context(**context))
        assert decision.accepted is found


def test_other_snapshots_are_left_to_the_inventory(disk):
    assert decide(LocalDisk, a_request(snapshot_id=a_snapshot()["id"]), options=disk.options).accepted


def test_a_volume_s_whole_life(disk, tmp_path):
    site = a_site(dispatcher="localdisk", plugins={"localdisk": {"options": disk.options}})
    with Engine.open(site, store=f"sqlite:///{tmp_path}/volrules.db") as engine:
        first = engine.create(a_request(size=1), a_context())
        assert first.dispatch == "dispatched"
        assert (engine.get(first.volume_id).status, engine.get(first.volume_id).host) == ("available", "here")

        clone = engine.create(a_request(source_volid=first.volume_id), a_context())
        assert clone.decision.dispatch == {"target": "host", "host": "here"}
        assert len(left(disk)) == 2

        engine.delete(first.volume_id)
        assert left(disk) == [f"{clone.volume_id}.img"]


def test_where_others_make_the_volumes_nothing_is_removed(disk):
    message = a_volume_of()
    disk.plugin.volrules_dispatch(message)
    deleted = {"event": "deleted", "volume_id": message.volume_id}
    a_disk(disk.options, dispatcher="spool").volrules_on_event(deleted)
    assert file_of(disk, message).exists()
    disk.plugin.volrules_on_event(deleted)
    assert not file_of(disk, message).exists()


def test_engines_can_rely_on_it(disk):
    name = a_described_snapshot(disk)
    site = a_site(dispatcher="localdisk")
    check_plugin(LocalDisk, options=disk.options, requests=[a_request(snapshot_id=name)], site=site)


def opens(volume, key):
    command = ["cryptsetup", "open", "--test-passphrase", "--disable-locks", "--key-file", key, volume]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def in_a_child(act):
    """Act in a process of its own, and wait for its end."""
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def test_the_readme_s_site_opens_and_makes_volumes(tmp_path, monkeypatch):
    text = (Path(__file__).parents[1] / "README.md").read_text()
    (tmp_path / "site.yaml").write_text(re.search(r"```yaml\n(# site\.yaml\n.*?)```", text, re.DOTALL)[1])
    monkeypatch.chdir(tmp_path)
    with Engine.open("site.yaml") as engine:
        receipt = engine.create(a_request(size=1))
        assert (receipt.status, receipt.dispatch) == ("available", "dispatched")
    assert [each.name for each in Path("volumes").glob("*.img")] == [f"{receipt.volume_id}.img"]


@needs_cryptsetup
def test_the_readme_s_key_command_finds_the_local_key_manager_s_keys(disk, tmp_path, monkeypatch):
    text = (Path(__file__).parents[1] / "README.md").read_text()
    script = textwrap.dedent(re.search(r"  - \|\n(.*?)  - \"", text, re.DOTALL)[1])
    options = {**disk.options, "key_command": [sys.executable, "-c", script, "{key_id}"]}
    site = a_site(dispatcher="localdisk", plugins={"localdisk": {"options": options}})
    monkeypatch.chdir(tmp_path)
    shutil.rmtree("keys")

    with Engine.open(site, store="sqlite:///volrules.db") as engine:
        receipt = engine.create(a_request(size=1, volume_type="encrypted"), a_context())
        assert (receipt.dispatch, engine.get(receipt.volume_id).status) == ("dispatched", "available")
    with (disk.folder / f"{receipt.volume_id}.img").open("rb") as file:
        assert file.read(4) == b"LUKS"
