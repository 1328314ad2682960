"""Whatever arrives is read or refused, never a trace: lines, payloads, files, bundles."""

import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.crisis import Actor
from bot.core.identifiers import find, strip
from bot.errors import BadFile, Refused
from bot.grammar import WORDS, Context, Parsed, is_question, parse, split
from bot.library import marked_yaml
from bot.slack import inbound
from bot.slack.door import Door
from tests.core.plans import opened

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "lot-v2.zip"
FEW = settings(
    max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)

#: Names that a bundle may have, and some that it may not.
NAMES = ("journal.jsonl", "manifest.sha256", "LISEZMOI.txt", "vues/a.pdf", "../x", "é/", "/etc")

#: Texts with what Slack, French and the grammar give a meaning to.
TEXTS = st.text(max_size=60) | st.lists(
    st.sampled_from(
        [*WORDS, "R05", "t_dp", "03:10", "<@U01CLAIRE>", "<@", "@bruno", "ligne", "12", "-", ";",
         "P-001", "envoyée", "non due", "utile", "\n", "\u202e", "é", "cnil-initiale", "?"]
    ),
    max_size=6,
).map(" ".join)  # fmt: skip

#: JSON as a payload may be, its keys often those that are looked for.
KEYS = st.sampled_from(
    "type event user user_id user_name channel channel_id team team_id id text ts action_ts "
    "actions action_id value selected_option container message message_ts view private_metadata "
    "state values callback_id trigger_id item files blocks attachments elements subtype rows "
    "previous_message deleted_ts thread_ts bot_id bot_profile enterprise name size".split()
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2**40) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=15,
)
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "user": st.fixed_dictionaries({}, optional={"id": st.text(max_size=9), "name": TEXTS}),
        "channel": st.fixed_dictionaries({}, optional={"id": st.text(max_size=9)}),
        "container": st.fixed_dictionaries({}, optional={"message_ts": st.text(max_size=17)}),
        "actions": st.lists(
            st.fixed_dictionaries({}, optional={"action_id": TEXTS, "value": TEXTS}), max_size=2
        ),
        "view": st.fixed_dictionaries(
            {}, optional={"id": TEXTS, "callback_id": TEXTS, "private_metadata": TEXTS}
        ),
        "user_id": st.text(max_size=9),
        "text": TEXTS,
        "trigger_id": TEXTS,
        "team_id": st.none() | st.text(max_size=9),
    },
)


@FEW
@given(TEXTS)
def test_any_line_is_understood_or_refused(line: str) -> None:
    """A line becomes a word, a question, or a sentence that says what to do."""
    context = Context(opened().crisis, Actor("U1", "Une personne fictive"), NOW)
    first, rest = split(line)
    assert len(first) + len(rest) <= len(line) * 4 + 4
    assert is_question(line) in (True, False)
    try:
        read: Parsed | str = parse(line, context)
    except Refused as refused:
        read = refused.for_people()
    assert isinstance(read, Parsed) or read.strip()


@FEW
@given(SHAPED)
@pytest.mark.parametrize("read", [inbound.command, inbound.click, inbound.submission,
                                  inbound.shortcut, inbound.event])  # fmt: skip
def test_any_documented_shape_is_read(
    read: Callable[[inbound.Payload], inbound.Touch], body: dict[str, Any]
) -> None:
    """Whatever parts a payload has or lacks, there is a touch, all of it text."""
    touch = read(body)

    assert all(isinstance(part, str) for part in (touch.person, touch.channel, touch.delivery))


@FEW
@given(JSON)
def test_any_message_says_something_or_nothing(body: object) -> None:
    """Blocks and attachments of any shape are read as text; odd files are left out."""
    message = {"blocks": body, "attachments": body, "text": ""}

    assert isinstance(inbound.said(message), str)
    assert isinstance(Door({"team_id": "T0"}, [], shared=False).lets_in({"team": body}), bool)


@FEW
@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: raw.decode("latin-1")))
def test_any_yaml_is_data_or_a_fault_with_its_line(text: str) -> None:
    """A file that people edit is plain data, or one French sentence about one line."""
    try:
        line = marked_yaml.parse(text, "essai.yaml").line(())
    except BadFile as bad:
        line = bad.line
    assert 0 <= line <= len(text) + 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: &x [1]\nb: *x\n", "alias", id="alias"),
        pytest.param("a: !!python/object/apply:os.system [id]\n", "étiquettes", id="tag"),
        pytest.param("[" * 40 + "]" * 40, "niveaux", id="deep"),
        pytest.param("a: 1\na: 2\n", "deux fois", id="key-twice"),
        pytest.param("? [1, 2]\n: x\n", "mot simple", id="odd-key"),
    ],
)
def test_hostile_yaml_is_refused(text: str, said: str) -> None:
    """Nothing that expands, runs or hides is read."""
    with pytest.raises(BadFile, match=said):
        marked_yaml.parse(text, "essai.yaml")


def test_an_enormous_file_is_not_read(tmp_path: Path) -> None:
    """The size is looked at before anything is read into memory."""
    huge = tmp_path / "gros.yaml"
    with huge.open("wb") as file:
        file.truncate(marked_yaml.MAX_BYTES + 1)

    with pytest.raises(BadFile, match="trop gros"):
        marked_yaml.read_text(huge, "gros.yaml")


@FEW
@given(st.data())
def test_any_change_to_a_bundle_is_a_verdict(data: st.DataObject) -> None:
    """A bundle with bytes changed, cut or added is verified or faulted, never a trace."""
    from bot.journal.verify import verify_file

    raw = bytearray(GOLDEN.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(raw)))
    path = _written(bytes(raw[:cut] if data.draw(st.booleans()) else raw))

    report = verify_file(path)

    assert report.ok in (True, False)
    assert (report.fault is None) is report.ok


@FEW
@given(st.dictionaries(st.sampled_from(NAMES), st.binary(max_size=40), max_size=4))
def test_any_archive_is_a_verdict(files: dict[str, bytes]) -> None:
    """A zip that is no bundle of ours is told so."""
    from bot.journal.verify import verify_file

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for name, content in files.items():
            bundle.writestr(name, content)

    assert not verify_file(_written(packed.getvalue())).ok


@pytest.fixture(scope="module", autouse=True)
def _folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where the bundles of this module go, one over the other."""
    _FOLDER.append(tmp_path_factory.mktemp("lots"))


_FOLDER: list[Path] = []


def _written(content: bytes) -> Path:
    path = _FOLDER[-1] / "lot.zip"
    path.write_bytes(content)
    return path


@FEW
@given(st.text(max_size=120))
def test_identifiers_of_any_text_are_places_in_it(text: str) -> None:
    """What is found lies in the text, in order, and once taken out it is not found again."""
    found = find(text, NOW.date())

    assert all(0 <= one.start < one.end <= len(text) for one in found)
    assert find(strip(text, found), NOW.date()) == ()
