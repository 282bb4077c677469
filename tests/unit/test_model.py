"""The values that vendors make and read."""

from __future__ import annotations

import copy
import pickle

import pytest

from tests.builders import LUKS, SSD, a_request, a_site, a_type, check
from volrules import (
    Backup,
    Context,
    Draft,
    Image,
    QosSpecs,
    Report,
    Resolved,
    Snapshot,
    Spec,
    Unresolved,
    Violation,
    Volume,
    VolumeType,
    violation,
)
from volrules.documents import freeze, thaw
from volrules.errors import UsageError
from volrules.testing import a_message

VALUES = [
    Volume("v", size=1, host="h"),
    Snapshot("s", volume_size=1),
    Backup("b"),
    Image("i", size=5),
    QosSpecs("q", "gold"),
    VolumeType("t", "ssd"),
    Report("available", "h"),
    violation("acme.bad", "/volume/size", "no", size=5, tags=["a"]),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_survive_documents_pickles_and_copies(value):
    assert type(value).from_dict(value.to_dict()) == value
    assert pickle.loads(pickle.dumps(value)) == value
    assert copy.deepcopy(value) == value


@pytest.mark.parametrize(
    "value",
    [
        Snapshot("s", volume=Volume("v")),
        Backup("b", volume=Volume("v")),
        VolumeType("t", "n", qos_specs=QosSpecs("q", "g")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_values_that_hold_values_survive_pickles(value):
    assert pickle.loads(pickle.dumps(value)) == value


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_values_are_frozen(value):
    with pytest.raises(AttributeError):
        setattr(value, next(iter(value.to_dict())), "x")


def test_members_are_there_by_attribute_and_by_key():
    assert Volume("v", size=5)["size"] == 5
    with pytest.raises(KeyError):
        Volume("v")["sise"]


@pytest.mark.parametrize(
    ("make", "members"),
    [
        (Volume, {"id": 5}),
        (Volume, {"id": "v", "size": "5"}),
        (Volume, {"id": "v", "size": True}),
        (Image, {"id": None}),
    ],
)
def test_values_of_wrong_types_cannot_be_made(make, members):
    with pytest.raises(TypeError):
        make(**members)


def test_a_draft_tells_what_it_does_not_know():
    draft = Draft({"size": 5})
    assert draft.size == 5
    with pytest.raises(Unresolved):
        draft.availability_zone  # noqa: B018
    assert getattr(draft, "availability_zone", "none") == "none"
    with pytest.raises(AttributeError, match="has no `sise`"):
        Draft({"sise": 5})
    with pytest.raises(AttributeError) as caught:
        draft.sise  # noqa: B018
    assert not isinstance(caught.value, Unresolved)


def test_a_draft_is_read_only():
    draft = Draft({"size": 5})
    with pytest.raises(AttributeError):
        draft.size = 6
    with pytest.raises(AttributeError):
        del draft.size
    assert draft.size == 5


def test_a_draft_is_itself_and_a_copy_of_it_tells_the_same():
    draft = Draft({"size": 5, "metadata": {"a": "b"}})
    assert draft != Draft({"size": 5, "metadata": {"a": "b"}})
    assert {draft: "kept"}[draft] == "kept"
    for copied in (copy.copy(draft), copy.deepcopy(draft), pickle.loads(pickle.dumps(draft))):
        assert isinstance(copied, Draft)
        assert (copied.size, copied.metadata) == (5, {"a": "b"})
        assert not hasattr(copied, "availability_zone")
        assert repr(copied) == repr(draft) == "Draft(size=5, metadata={'a': 'b'})"


def parts():
    """A decision with something in every member, and all that it is made of."""
    kind = a_type(id=SSD, qos_specs="gold", encryption=LUKS)
    site = a_site(volume_types=[kind], qos_specs=[{"name": "gold", "specs": {"iops": "5"}}])
    body = a_request(hints={"a": [{"b": None}, []]}, volume_type="ssd", metadata={"k": "v"})
    accepted = check(body, site=site, line="7")
    rejected = check(a_request(size=-1, availability_zone="mars"))
    return [accepted, accepted.spec, *accepted.provenance.values(), rejected, *rejected.violations]


def plain(value):
    """Whether nothing in it is anything but what JSON's own parser makes."""
    if type(value) is dict:
        return all(type(key) is str and plain(each) for key, each in value.items())
    return all(map(plain, value)) if type(value) is list else value is None or type(value) in (bool, int, float, str)


def test_a_document_has_the_members_in_the_published_order():
    for each in parts():
        assert tuple(each.to_dict()) == each.members()


def test_a_document_is_plain_json_and_the_callers_own():
    for each in parts():
        document = each.to_dict()
        assert plain(document)
        for member in list(document):
            before = copy.deepcopy(document[member])
            if isinstance(document[member], dict):
                document[member]["more"] = 1
            assert each.to_dict()[member] == before


def test_a_violation_has_defaults():
    made = violation("acme.bad", "/volume/size", "size is odd", size=5)
    assert isinstance(made, Violation)
    assert (made.kind, made.recovery, made.enforcement) == ("InvalidInput", "fix_request", "deny")
    assert dict(made.params) == {"size": 5}


def test_a_violation_knows_only_its_recoveries():
    with pytest.raises(ValueError, match="recovery"):
        violation("acme.bad", "", "no", recovery="pray")


def test_a_context_goes_to_a_document_and_back():
    context = Context("p", "u", ("member",), "r")
    assert Context.from_dict(context.to_dict()) == context
    assert pickle.loads(pickle.dumps(context)) == context
    assert Resolved(1, "request").origin == "request"


def test_a_spec_stays_one_wherever_it_is_handed_through():
    spec = Spec(size=1, metadata={"k": "v"})
    assert freeze({"spec": spec})["spec"] is spec
    assert thaw([spec])[0]["size"] == 1
    assert a_message(spec=spec).spec is spec


@pytest.mark.parametrize("roles", [["admin", None], [None], [""], [5], 0, "admin"])
def test_roles_that_are_none_are_refused(roles):
    with pytest.raises(UsageError):
        Context.from_dict({"roles": roles})


class Text(str):
    """What is equal to a text, and is none."""


@pytest.mark.parametrize("member", ["project_id", "user_id"])
def test_what_a_context_takes_does_not_depend_on_what_it_took(member):
    Context.from_dict({member: "p"})
    with pytest.raises(UsageError):
        Context.from_dict({member: Text("p")})


def test_a_role_that_is_no_text_is_refused_after_its_like_was_taken():
    Context.from_dict({"roles": ["member"]})
    with pytest.raises(UsageError):
        Context.from_dict({"roles": [Text("member")]})


@pytest.mark.parametrize("member", ["project_id", "user_id", "request_id"])
def test_no_text_of_a_context_has_nul(member):
    with pytest.raises(UsageError, match="NUL"):
        Context.from_dict({member: "a\0b"})
