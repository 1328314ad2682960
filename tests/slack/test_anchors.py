"""Checkpoints outside, as the cell and the witnesses see them: the real bot on the strict Slack."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.anchors.mail import read_server
from bot.config import load
from bot.core.sealing import AnchorReceived, CheckpointSealed
from bot.errors import SettingError
from bot.wiring import House, build
from bot.wiring.anchoring import anchors
from tests.anchors.authority import NOW, Authority
from tests.anchors.servers import mailing, stamping
from tests.double import Double
from tests.double.faults import KINDS
from tests.double.world import Message
from tests.faults.nights import bot, declared, few_pages, key_of, slack, verified, whole
from tests.slack.conftest import Night, house_on_slack, read
from tests.slack.test_reminders import Hands


def notices(double: Double, channel: str) -> list[Message]:
    """The notices of checkpoints, in order."""
    return [one for one in double.posts(channel) if key_of(one).startswith("anchor:")]


def receipts(night: Night, kind: str = "slack") -> list[AnchorReceived]:
    """The receipts of one kind, in order."""
    found = [fact for fact, _ in night.facts() if isinstance(fact, AnchorReceived)]
    return [one for one in found if one.kind == kind]


@pytest.mark.parametrize("kind", ["reel", "exercice"])
async def test_a_notice_hangs_from_the_board(tmp_path: Path, kind: str) -> None:
    """At the opening and once an hour: what it is, the line to copy, in the board's thread."""
    (tmp_path / "knowledge").mkdir()
    hands = Hands()
    folder = tmp_path / "knowledge"
    async with house_on_slack(tmp_path, hands, tocsin_knowledge_dir=folder) as night:
        channel = await night.opened(kind=kind)
        await night.double.wait(lambda _: receipts(night))
        await night.say("claire", "décision Couper Internet")
        await night.say("claire", "décision Prévenir l'ARS")
        await night.double.calm(0.2)
        assert len(notices(night.double, channel)) == 1
        hands.ahead = timedelta(hours=1)
        await night.say("claire", "décision Rouvrir les urgences")
        await night.double.wait(lambda _: len(receipts(night)) == 2)

        board = next(one for one in night.double.posts(channel) if key_of(one) == "board")
        shown = notices(night.double, channel)
        sealed = [fact for fact, _ in night.facts() if isinstance(fact, CheckpointSealed)]
        assert [one.thread_ts for one in shown] == [board.ts, board.ts]
        assert [one.ts for one in shown] == [one.receipt for one in receipts(night)]
        for message, fact in zip(shown, (sealed[0], sealed[-1]), strict=True):
            said = read(message)
            assert f"`{fact.size}:{fact.head}`" in said
            assert "un avis, pas une preuve" in said
            assert ("EXERCICE — " in said) is (kind == "exercice")
            assert ("EXERCICE — " in message.text) is (kind == "exercice")
        for one in receipts(night):
            assert one.where == f"#{night.crisis.channel_name}"
            assert one.stamped is not None
        verified(night.house.store)


async def test_the_settings_reach_the_authority_and_the_witnesses(tmp_path: Path) -> None:
    """An opening is stamped, mailed to each witness and shown, and the journal holds it all."""
    ours = Authority.make()
    (tmp_path / "tsa.pem").write_bytes(ours.pem)
    (tmp_path / "knowledge").mkdir()
    async with stamping(ours) as stamper, mailing(tmp_path) as box:
        more: dict[str, Any] = {
            "tocsin_knowledge_dir": tmp_path / "knowledge",
            "tocsin_tsa_url": stamper.url,
            "tocsin_tsa_certificate": str(tmp_path / "tsa.pem"),
            "tocsin_smtp_url": f"smtp://127.0.0.1:{box.port}",
            "tocsin_anchor_mails": "un@agence.example, deux@assureur.example",
            "tocsin_anchor_sender": "tocsin@ch-fictif.example",
        }
        async with house_on_slack(tmp_path, **more) as night:
            await night.opened()
            await night.double.wait(lambda _: len(night.crisis.anchors) == 4)
            held = dict(night.crisis.anchors)
            stamped = receipts(night, "rfc3161")[0].stamped

    assert {place for kind, place in held if kind == "email"} == {
        "un@agence.example",
        "deux@assureur.example",
    }
    assert ("rfc3161", stamper.url) in held
    assert stamped == NOW
    assert sorted(address for address, _ in box.taken) == [
        "deux@assureur.example",
        "un@agence.example",
    ]


#: Posts of a declaration before the notice: the board, the first things to do, two phases, the
#: questions.
BEFORE = 5


@pytest.mark.parametrize("kind", [one for one in KINDS if one != "429"])
async def test_a_notice_is_never_posted_twice(tmp_path: Path, kind: str) -> None:
    """Its end is not seen: it is looked for in the thread before it is sent again."""
    async with slack() as double, bot(double, few_pages(tmp_path)) as house:
        double.fault("chat.postMessage", kind, after=BEFORE)
        await declared(double)
        await double.wait(lambda _: house.service.crises()[0].anchors)
        await whole(double, house)
        crisis = house.service.crises()[0]

        (shown,) = notices(double, crisis.channel)
        assert receipt_of(house, crisis.id) == shown.ts
        assert not double.api.faults.pick("chat.postMessage")


async def test_a_notice_that_may_have_gone_out_is_found_after_a_crash(tmp_path: Path) -> None:
    """The process ended between the post and its answer: the next one records where it is."""
    folder = few_pages(tmp_path)
    async with slack() as double:
        async with bot(double, folder) as house:
            double.fault("chat.postMessage", "reset_applied", after=BEFORE)
            double.fault("conversations.replies", "500", times=100)
            await declared(double)
            await double.wait(lambda one: one.called("conversations.replies"))
            crisis = house.service.crises()[0]
            assert crisis.anchors == {}
        double.api.faults.planned.clear()
        async with bot(double, folder) as house:
            await double.wait(lambda _: house.service.crisis(crisis.id).anchors)
            await whole(double, house)
            (shown,) = notices(double, crisis.channel)
            assert receipt_of(house, crisis.id) == shown.ts


def receipt_of(house: House, crisis: str) -> str:
    """The receipt of the first notice."""
    found = [one for one, _ in house.service.facts(crisis) if isinstance(one, AnchorReceived)]
    return found[0].receipt


# -- settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"tocsin_tsa_url": "https://tsa.example"}, "TOCSIN_TSA_CERTIFICATE"),
        (
            {"tocsin_tsa_url": "https://tsa.example:x", "tocsin_tsa_certificate": "tsa.pem"},
            "TOCSIN_TSA_URL incorrect",
        ),
        (
            {
                "tocsin_tsa_url": "https://tsa.example",
                "tocsin_tsa_certificate": "tsa.pem",
                "tocsin_tsa_policy": "9.9",
            },
            "TOCSIN_TSA_POLICY incorrect",
        ),
        ({"tocsin_anchor_mails": "un@agence.example"}, "TOCSIN_SMTP_URL"),
        (
            {"tocsin_anchor_mails": "un@agence.example", "tocsin_smtp_url": "smtp://a:b@c.example"},
            "passerait en clair",
        ),
        (
            {"tocsin_anchor_mails": "un@agence.example", "tocsin_smtp_url": "smtp://c.example"},
            "TOCSIN_ANCHOR_SENDER",
        ),
        ({"tocsin_anchor_mails": "agence"}, "TOCSIN_ANCHOR_MAILS incorrect"),
        (
            {
                "tocsin_anchor_mails": "un@agence.example",
                "tocsin_smtp_url": "smtps://nom:mot@c.example",
            },
            "TOCSIN_ANCHOR_SENDER incorrect",
        ),
    ],
    ids=[
        "no certificate", "address", "policy", "no server", "password in the clear", "no sender",
        "no address", "sender is no address",
    ],
)  # fmt: skip
async def test_settings_that_contradict_each_other_stop_the_start(
    tmp_path: Path, more: dict[str, Any], said: str
) -> None:
    """The sentence names the setting; the journal is not touched."""
    house = build(load(tocsin_data_dir=tmp_path / "data", _env_file=None, **more))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(SettingError, match=said):
            anchors(house, session)
    house.store.close()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tocsin_tsa_url", "tsa.example"),
        ("tocsin_tsa_policy", "politique"),
        ("tocsin_smtp_url", "http://c.example"),
    ],
)
def test_a_setting_of_the_wrong_shape_is_named(name: str, text: str) -> None:
    """Before anything starts, with its own sentence."""
    with pytest.raises(SettingError, match=name.upper()):
        load(_env_file=None, **{name: text})


def test_secrets_of_the_settings_are_not_shown() -> None:
    """A settings object that ends up in a log shows neither password."""
    shown = repr(
        load(
            _env_file=None,
            tocsin_tsa_url="https://nom:secret@tsa.example",
            tocsin_smtp_url="smtps://nom:secret@c.example",
        )
    )
    assert "secret" not in shown
    assert "secret" not in repr(read_server("smtps://nom:secret@c.example"))


async def test_a_mailbox_inside_is_pointed_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be what is under attack: the log says so, and it is served all the same."""
    house = build(
        load(
            tocsin_data_dir=tmp_path / "data",
            _env_file=None,
            tocsin_anchor_mails="dsi@ch-fictif.example;un@agence.example",
            tocsin_smtp_url="smtps://tocsin%40ch-fictif.example:mot@c.example",
        )
    )
    async with aiohttp.ClientSession() as session:
        anchors(house, session)
    house.store.close()
    assert "dsi@ch-fictif.example is in the sender's own domain" in caplog.text
    assert "un@agence.example" not in caplog.text
