"""The self-check against services that answer, refuse, or are away."""

import asyncio
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.doctor import Finding, Look, examine
from bot.wiring import shelves
from tests.anchors.authority import Authority
from tests.anchors.servers import Letters, mailing, stamping
from tests.double import Double
from tests.double.rules import SCOPES
from tests.library.chroma_server import Server
from tests.service.numbers import FIRST
from tests.slack.conftest import settings

KNOWLEDGE = Path(__file__).resolve().parents[2] / "knowledge"


async def _found(double: Double, folder: Path, **more: Any) -> dict[str, Finding]:
    """Every point, by its title."""
    found = await examine(Look(settings(double, folder, **more), patience=5))
    return {one.title: one for one in found}


async def test_slack_that_answers_is_told_right(tmp_path: Path) -> None:
    """Tokens, scopes and socket are each a point, and nothing was posted to find out."""
    async with Double() as double:
        found = await _found(double, tmp_path)
        methods = [call.method for call in double.api.calls]

    slack = {title: one.state for title, one in found.items() if title.startswith("Slack")}
    assert slack == {
        "Slack, jeton du robot": "right",
        "Slack, portées": "right",
        "Slack, Socket Mode": "right",
    }
    assert methods == ["auth.test", "apps.connections.open"]
    assert not (tmp_path / "data").exists()


async def test_missing_scopes_are_named(tmp_path: Path) -> None:
    """What the installed application was not granted is named, with what to do."""
    async with Double(scopes=SCOPES - {"pins:write"}) as double:
        point = (await _found(double, tmp_path))["Slack, portées"]

    assert (point.state, point.told) == ("wrong", "il manque pins:write")
    assert "réinstallez" in point.todo


@pytest.mark.parametrize(
    ("given", "title", "said"),
    [
        pytest.param({"slack_bot_token": "xoxb-faux"}, "Slack, jeton du robot", "invalid_auth",
                     id="wrong-bot-token"),
        pytest.param({"slack_app_token": "xapp-faux"}, "Slack, Socket Mode", "Slack refuse",
                     id="wrong-app-token"),
        pytest.param({"slack_api_url": "http://127.0.0.1:9/api/"}, "Slack, jeton du robot",
                     "ne répond pas d'ici", id="unreachable"),
        pytest.param({"slack_bot_token": ""}, "Slack", "incomplets", id="no-token"),
        pytest.param({"tocsin_tsa_url": "http://127.0.0.1:9/tsr"}, "Horodatage",
                     "ne répond pas comme il faut", id="half-set-authority"),
        pytest.param({"tocsin_anchor_mails": "archives@exemple.fr",
                      "tocsin_smtp_url": "smtp://127.0.0.1:9",
                      "tocsin_anchor_sender": "tocsin@exemple.org"}, "Courriel",
                     "ne répond pas comme il faut", id="mail-away"),
        pytest.param({"tocsin_model": "openai:x", "tocsin_model_key": "k",
                      "tocsin_model_url": "http://127.0.0.1:9/v1"}, "Modèle",
                     "ne répond pas comme il faut", id="model-away"),
    ],
)  # fmt: skip
async def test_what_is_wrong_says_what_to_do(
    tmp_path: Path, given: dict[str, Any], title: str, said: str
) -> None:
    """Each fault is one point to correct, with a sentence, and the others are still looked at."""
    async with Double() as double:
        found = await _found(double, tmp_path, **given)

    assert found[title].state == "wrong"
    assert said in found[title].told
    assert found[title].todo
    assert "Playbooks" in found


async def test_a_stamping_authority_and_a_mail_server_that_serve(tmp_path: Path) -> None:
    """A real stamp is asked and checked; the mail server is greeted, and sent nothing."""
    authority = Authority.make()
    certificates = tmp_path / "tsa.pem"
    certificates.write_bytes(authority.pem)
    clear = Letters(security="smtp")
    async with Double() as double, stamping(authority) as tsa, mailing(tmp_path, clear) as mail:
        found = await _found(
            double,
            tmp_path,
            tocsin_tsa_url=tsa.url,
            tocsin_tsa_certificate=str(certificates),
            tocsin_smtp_url=f"smtp://127.0.0.1:{mail.port}",
            tocsin_anchor_mails="archives@exemple.fr",
            tocsin_anchor_sender="tocsin@exemple.org",
        )

    assert found["Horodatage"].state == "right", found["Horodatage"]
    assert found["Courriel"].state == "right", found["Courriel"]
    assert mail.taken == []


async def test_a_chroma_server_says_what_it_holds(tmp_path: Path) -> None:
    """Away, empty, whose texts are of yesterday, and as it should be: each with what to do."""
    pages, title = tmp_path / "knowledge", "Index, serveur Chroma"
    note = pages / "reperes" / "art-40.md"
    note.parent.mkdir(parents=True)
    shutil.copy(KNOWLEDGE / "reperes" / "art-40.md", note)
    (tmp_path / "s").mkdir()
    server = Server(tmp_path / "s")
    texts = {"chroma_url": server.url, "tocsin_knowledge_dir": pages}
    async with Double() as double:

        async def told() -> Finding:
            found = await _found(double, tmp_path, **texts)
            assert "Index" not in found
            return found[title]

        away = await told()
        await asyncio.to_thread(server.start)
        try:
            empty = await told()
            books = shelves(settings(double, tmp_path, **texts))
            await asyncio.to_thread(books.attach)
            books.close()
            right = await told()
            note.unlink()
            other = await told()
        finally:
            server.stop()

    assert (away.state, "ne répond pas" in away.told) == ("wrong", True), away
    assert "CHROMA_URL" in away.todo
    assert (empty.state, "sans index" in empty.told) == ("note", True), empty
    assert (right.state, "passages, modèle hachage" in right.told) == ("right", True), right
    assert (other.state, "textes changés" in other.told) == ("note", True), other


async def test_a_silent_database_is_given_up_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    """Accepted and never answered: told as such, and no other point waits for it."""
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"postgresql://tocsin@127.0.0.1:{deaf.getsockname()[1]}/tocsin?connect_timeout=60"
        look = Look(Settings(database_url=url, tocsin_data_dir=tmp_path, _env_file=None),  # type: ignore[call-arg]
                    offline=True, patience=1)  # fmt: skip
        found = {one.title: one for one in await asyncio.wait_for(examine(look), 50)}

    assert (found["Base"].state, found["Base"].told) == (
        "wrong",
        "ne répond pas : abandonné après 1 s",
    )
    assert found["Base"].todo
    assert "la base ne répond pas" in found["Clé"].told
    assert found["Playbooks"].state == "right"


async def test_a_key_of_another_house_is_found_out(tmp_path: Path) -> None:
    """A key that the journals do not name is a point to correct before anything is signed."""
    from bot.core.crisis import Actor
    from bot.core.opening import OpenCrisis
    from bot.service import Ask
    from bot.wiring import build, clock

    async with Double() as double:
        house = build(settings(double, tmp_path))
        plan = house.plans["rancongiciel"]
        claire = Actor("U01CLAIRE", "Claire Exemple")
        house.service.commit([Ask("", claire, OpenCrisis("Panne", plan, clock()))])
        house.store.close()
        before = await _found(double, tmp_path)
        key = tmp_path / "data" / "keys" / "tocsin.pem"
        key.rename(key.with_name("autre.pem"))
        gone = await _found(double, tmp_path)
        build(settings(double, tmp_path)).store.close()
        other = await _found(double, tmp_path)

    assert before["Clé"].state == "right"
    assert "introuvable" in gone["Clé"].told
    assert f"n'est pas celle de {FIRST}" in other["Clé"].told
