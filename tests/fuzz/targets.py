"""The four parsers that read what others wrote: lines, playbooks, payloads, bundles."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.core.crisis import Actor
from bot.core.playbook import Playbook
from bot.errors import TocsinError
from bot.grammar import WORDS, Context, is_question, parse, split
from bot.journal.verify import verify_file
from bot.library import marked_yaml, typed
from bot.slack import inbound, values
from bot.slack.door import Door
from tests.core.plans import opened
from tests.fuzz.loop import Fuzz, folder

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
CONTEXT = Context(opened().crisis, Actor("U1", "Une personne fictive"), NOW)
GOLDEN = Path(__file__).resolve().parents[1] / "golden"
BOOK = """id: essai
title: Essai
version: '1'
summary: Un essai.
questions:
  - {id: q, ask: Oui ?, choices: [oui, non]}
phases:
  - id: debut
    title: Début
    steps:
      - {id: a, title: Faire, role: dpo, text: Faites., within: 30 min, after: [b]}
      - {id: b, title: Voir, role: dpo, text: Voyez., when: {q: [oui]}}
"""
BODY = {
    "type": "block_actions", "team": {"id": "T0"}, "user": {"id": "U1", "name": "bruno"},
    "channel": {"id": "C1"}, "container": {"message_ts": "1.1"}, "trigger_id": "1.2",
    "actions": [{"action_id": "say:note", "value": "note x", "selected_option": {"value": "v"}}],
    "view": {"id": "V1", "callback_id": "note", "private_metadata": '{"crisis": "2026-0001"}'},
    "event": {"type": "message", "text": "x", "files": [{"id": "F1", "size": 3}],
              "item": {"channel": "C1"}, "message": {"user": "U1"},
              "attachments": [{"fallback": "a"}], "blocks": [{"text": {"text": "x"}}]},
}  # fmt: skip


def line(data: bytes) -> None:
    """A line that a person types."""
    text = data.decode("utf-8", "replace")
    split(text)
    is_question(text)
    parse(text, CONTEXT)


def playbook(data: bytes) -> None:
    """A file of a playbook."""
    marked = marked_yaml.parse(data.decode("utf-8", "replace"), "essai.yaml")
    typed.build(Playbook, marked, "essai.yaml")


def payload(data: bytes) -> None:
    """What Slack sends, read in each of the ways; what is no object never comes so far."""
    body = json.loads(data)
    if not _is_slacks(body):
        return
    for read in (inbound.command, inbound.click, inbound.submission, inbound.shortcut,
                 inbound.event):  # fmt: skip
        read(body)
    told = body.get("event") or {}
    inbound.said(told)
    inbound.files(told)
    values.carried(str((body.get("view") or {}).get("private_metadata") or ""))
    Door({"team_id": "T0"}, (), shared=False).lets_in(body)


def _is_slacks(body: object) -> bool:
    """Whether objects are where Slack puts them: of what it signs, only texts are foreign."""
    if not isinstance(body, dict):
        return False
    event = body.get("event", {})
    objects = [body.get(one, {}) for one in ("container", "view", "channel")] + [event]
    if not all(isinstance(one, dict) for one in objects):
        return False
    inner = [event.get(one, {}) for one in ("item", "message")]
    actions = body.get("actions") or [{}]
    return (
        all(isinstance(one, dict) for one in inner)
        and isinstance(actions, list)
        and all(isinstance(one, dict) for one in actions)
        and isinstance(actions[0].get("selected_option") or {}, dict)
        and isinstance(event.get("files") or [], list)
        and isinstance(body.get("user") or {}, dict | str)
    )


def bundle(data: bytes) -> None:
    """A bundle or a journal handed over by somebody."""
    with tempfile.TemporaryDirectory() as place:
        for name in ("lot.zip", "journal.jsonl"):
            path = Path(place) / name
            path.write_bytes(data)
            verify_file(path)


def fuzzes(seed: int) -> dict[str, tuple[Fuzz, list[bytes]]]:
    """Each parser with its seeds."""
    lines = [f"{one} R05 12 03:10 @bruno texte ; autre".encode() for one in WORDS]
    journal = (GOLDEN / "journal-v1.jsonl").read_bytes().splitlines(keepends=True)[:2]
    refused = (TocsinError,)
    return {
        "line": (Fuzz(line, refused, (folder("grammar"), folder("core/when")), seed, 200), lines),
        "playbook": (
            Fuzz(playbook, refused, (folder("library/marked"), folder("library/typed")), seed),
            [BOOK.encode()],
        ),
        "payload": (
            Fuzz(payload, (*refused, json.JSONDecodeError, UnicodeDecodeError),
                 (folder("slack/inbound"), folder("slack/door")), seed),
            [json.dumps(BODY).encode(), b'{"command": "/crise", "text": "aide", "user_id": "U1"}'],
        ),
        "bundle": (
            Fuzz(bundle, refused, (folder("journal"),), seed, 20_000),
            [b"".join(journal), (GOLDEN / "lot-v2.zip").read_bytes()[:20_000]],
        ),
    }  # fmt: skip
