"""« /crise effacer » as two people do it: read, ask, confirm; what the channel then shows."""

from pathlib import Path
from typing import TypeVar

import pytest

from bot.core.crisis import ERASED, TOCSIN, Fact, Stamp
from bot.core.erasure import ErasureAsked, ErasureRefused, LinesErased, numbered
from bot.core.evidence import ExportMade, RecordExport
from bot.core.notes import NoteAdded
from bot.core.transcript import MessageDeleted, MessageEdited, MessageHeard
from bot.service import Ask
from tests.slack.conftest import Night, house_on_slack, read, words

SECRET = "Jean Fictif, chambre 12"
Kind = TypeVar("Kind", bound=Fact)


def last_of(night: Night, kind: type[Kind]) -> tuple[Kind, Stamp]:
    """The last entry of a kind."""
    return [(fact, stamp) for fact, stamp in night.facts() if isinstance(fact, kind)][-1]


def line_of(night: Night, kind: type[Fact]) -> int:
    """Its number."""
    return last_of(night, kind)[1].seq


def on_disk(night: Night) -> bytes:
    """Every byte that the bot has written."""
    folder = night.house.settings.tocsin_data_dir
    return b"".join(one.read_bytes() for one in folder.rglob("*") if one.is_file())


async def wiped(night: Night) -> None:
    """Wait until no file holds it: who reads the database delays the cleaning of its files."""
    await night.double.wait(lambda _: SECRET.encode() not in on_disk(night))


def on_screen(night: Night, *people: str) -> str:
    """All that the bot shows in the channel, and to these people in private conversations."""
    shown = [read(one) for one in night.double.posts(night.channel)]
    for person in people:
        user = night.double.world.user(person)
        shown.append(night.double.channel_text(night.double.world.conversation([user.id]).id))
    return "\n".join(shown)


async def opens(night: Night, who: str, line: str) -> str:
    """Type a line that opens a form; all that the form says."""
    await night.say(who, line)
    await night.double.wait(lambda double: double.view(who) is not None)
    return words(night.double.view(who))


async def asks(night: Night, who: str, said: str) -> int:
    """Ask for an erasure with the word and its form; the number of the request."""
    assert "Ce qui s'effacera" in await opens(night, who, f"effacer {said}")
    sent = await night.double.submit(who, {"text": "Identité saisie par erreur"})
    assert sent.errors == {}
    assert "Demande enregistrée" in str(night.double.view(who))
    await night.double.close_view(who)
    return line_of(night, ErasureAsked)


async def confirms(night: Night, who: str, asked: int) -> str:
    """Press the button of the request, read, confirm; what is then shown."""
    await night.form(who, f"say:erase:{asked}")
    sent = await night.double.submit(who)
    assert sent.errors == {}
    shown = words(night.double.view(who))
    await night.double.close_view(who)
    return shown


async def written(night: Night) -> tuple[str, tuple[int, ...]]:
    """A secret in a message, its edit, the note raised from it, and a note of its own: the ``ts``
    of the message and the numbers of the lines.
    """
    channel = await night.opened()
    said = await night.double.message("eva", channel, f"Sous dialyse : {SECRET}")
    await night.double.edit_message("eva", channel, said.ts, f"Dialyse : {SECRET}, en attente")
    await night.double.react("sami", channel, said.ts, "pushpin")
    await night.double.wait(lambda _: said.ts in night.crisis.flagged)
    await night.say("nadia", f"note Prévenir la famille de {SECRET}")
    await night.shown(SECRET)
    found = [stamp.seq for fact, stamp in night.facts() if SECRET in str(fact)]
    assert len(found) == 4
    return said.ts, tuple(found)


async def test_what_is_read_before_it_is_asked(night: Night) -> None:
    """Who may not is told so; the form shows all that goes, and comes back when lines change."""
    _, lines = await written(night)
    before = night.crisis.seq
    assert "réservé" in await night.say("eva", f"effacer {lines[0]}")
    assert "n'existe pas" in await night.say("bruno.t", "effacer 900")
    assert "plan de la crise" in await night.say("bruno.t", "effacer 1")
    assert "Je ne lis pas « tout »" in await night.say("bruno.t", "effacer tout")

    form = await opens(night, "bruno.t", f"effacer ligne {lines[0]}")
    for shown in (*(f"ligne {one}," for one in lines[:3]), SECRET, "RGPD, art. 17", "à vérifier"):
        assert shown in form
    assert f"ligne {lines[3]}," not in form
    quoting = {"text": f"On y lit « Dialyse : {SECRET}, en attente »"}
    assert "sans le citer" in (await night.double.submit("bruno.t", quoting)).errors["text"]

    more = {"lines": " ".join(map(str, (lines[1], lines[3]))), "text": "erreur de saisie"}
    await night.double.submit("bruno.t", more)
    again = words(night.double.view("bruno.t"))
    assert "Les lignes ont changé" in again
    assert f"ligne {lines[3]}," in again
    assert night.crisis.seq == before
    await night.double.submit("bruno.t")
    fact, _ = last_of(night, ErasureAsked)
    assert (fact.lines, fact.reason, fact.basis) == (lines, "erreur de saisie", "donnee-de-trop")
    assert night.crisis.erased == {}


async def test_two_people_erase_a_message(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    """The second one reads and confirms: off the disk, off the screen; what remains is said."""
    ts, lines = await written(night)
    asked = await asks(night, "bruno.t", f"{lines[0]} {lines[3]}")
    assert "<@U03DIANE>" in await night.shown("Effacement demandé")
    await night.press("bruno.t", f"say:erase:{asked}")
    await night.told("bruno.t", "Vous avez fait cette demande")
    await night.press("eva", f"say:keep:{asked}")
    await night.told("eva", "réservé")
    assert SECRET.encode() in on_disk(night)

    shown = await confirms(night, "diane", asked)

    _, stamp = last_of(night, LinesErased)
    assert stamp.actor.name == "Diane Fictive"
    assert f"Le texte {numbered(lines, 'de la')} est effacé" in shown
    link = f"/archives/{night.channel}/p{ts.replace('.', '')}"
    assert link in str(night.double.world.conversation(["U02BRUNO"]).messages)
    await wiped(night)
    await night.shown(f"Ligne {lines[3]} : texte effacé sur demande (ligne {stamp.seq}).")
    await night.shown(f"*Fait* par Diane Fictive (ligne {stamp.seq})")
    assert SECRET not in on_screen(night, "bruno.t", "diane")
    assert "lui seul, ou un administrateur" in on_screen(night, "bruno.t")
    journal = await night.say("claire", "journal")
    assert f"Note : {ERASED} [texte effacé sur demande, ligne {stamp.seq}]" in journal
    assert SECRET not in journal + str(night.crisis) + caplog.text
    assert "déjà faite" in await night.say("claire", f"effacer confirmer {asked}")


async def test_slack_does_not_bring_it_back(night: Night) -> None:
    """The message stands in Slack: edited, read again after an absence, deleted; nothing comes."""
    channel = await night.opened()
    said = await night.double.message("eva", channel, f"Sous dialyse : {SECRET}")
    asked = await asks(night, "bruno.t", str(line_of(night, MessageHeard)))
    await confirms(night, "diane", asked)
    done = night.crisis.seq

    await night.double.edit_message("eva", channel, said.ts, f"Encore {SECRET}")
    sockets = set(night.double.socket.connections)
    night.double.drop_sockets()
    await night.double.connected(2)
    assert not sockets & set(night.double.socket.connections)
    missed = await night.double.message("hugo", channel, "après la coupure")
    await night.double.wait(lambda _: missed.ts in night.crisis.messages)
    await night.double.react("sami", channel, said.ts, "pushpin")
    assert "effacé" in await night.told("sami", "ne se consigne plus")
    await night.double.delete_message("eva", channel, said.ts)
    await night.double.wait(lambda _: said.ts not in night.crisis.messages)

    fact, _ = last_of(night, MessageDeleted)
    assert (fact.of, fact.before) == (said.ts, ERASED)
    later = [one for one, stamp in night.facts() if stamp.seq > done]
    assert not [one for one in later if isinstance(one, MessageEdited | NoteAdded)]
    assert SECRET not in str(night.facts())
    await wiped(night)


async def test_our_answer_goes_with_the_question(learned: Night) -> None:
    """An answer in a thread quotes the question: it is deleted, those to other people stay."""
    night = learned
    channel = await night.opened()
    asked = await night.double.mention("nadia", channel, f"que faire pour {SECRET} sous dialyse ?")
    await night.shown(SECRET)
    await night.double.mention("hugo", channel, "qui prévient la CNIL ?")
    await night.shown("qui prévient la CNIL")
    heard = [
        stamp.seq
        for fact, stamp in night.facts()
        if isinstance(fact, MessageHeard) and SECRET in fact.text
    ]
    question = next(stamp.seq for fact, stamp in night.facts() if fact.name == "question_asked")

    form = await opens(night, "bruno.t", f"effacer {heard[0]}")
    assert f"Disent peut-être la même chose : {question} (question posée)" in form
    await night.double.submit("bruno.t", {"lines": f"{heard[0]} {question}", "text": "erreur"})
    await night.double.submit("bruno.t")
    await confirms(night, "diane", line_of(night, ErasureAsked))
    await night.double.wait(lambda _: SECRET not in on_screen(night))

    assert "qui prévient la CNIL" in on_screen(night)
    assert asked.event["ts"] in night.double.channel(channel).messages
    await wiped(night)


async def test_a_refusal_and_a_withdrawal(night: Night) -> None:
    """The button refuses at once, the word takes a reason; the text stays."""
    await night.opened()
    await night.say("nadia", f"note {SECRET}")
    note = line_of(night, NoteAdded)
    first = await asks(night, "bruno.t", str(note))
    await night.shown("Effacement demandé")
    await night.press("diane", f"say:keep:{first}")
    assert last_of(night, ErasureRefused)[0] == ErasureRefused(first, "")
    await night.shown("*Refusé* par Diane Fictive")

    second = await asks(night, "claire", str(note))
    await night.say("claire", f"effacer refuser {second} c'était la mauvaise ligne")
    assert last_of(night, ErasureRefused)[0] == ErasureRefused(second, "c'était la mauvaise ligne")
    assert "pas une demande" in await night.say("diane", f"effacer confirmer {note}")
    assert night.crisis.lines[-1].text == SECRET
    assert night.crisis.erased == {}


async def test_the_bare_word_asks_for_the_lines(night: Night) -> None:
    """Without numbers a form asks for them; a wrong number is said under its field."""
    await night.opened()
    await night.say("nadia", f"note {SECRET}")
    note = line_of(night, NoteAdded)
    assert "Lignes à effacer" in await opens(night, "diane", "effacer")
    wrong = await night.double.submit("diane", {"lines": "la note"})
    assert "Je ne lis pas" in wrong.errors["lines"]
    absent = await night.double.submit("diane", {"lines": "900"})
    assert "n'existe pas" in absent.errors["lines"]
    await night.double.submit("diane", {"lines": f"n°{note}"})
    assert SECRET in words(night.double.view("diane"))
    await night.double.submit(
        "diane", {"text": "Saisie par erreur", "basis": "demande-de-la-personne"}
    )
    fact, _ = last_of(night, ErasureAsked)
    assert (fact.lines, fact.basis) == ((note,), "demande-de-la-personne")


async def test_the_settings_name_who_may(tmp_path: Path) -> None:
    """Somebody without a seat may when the settings say so; a seat taken alone gives no right."""
    (tmp_path / "knowledge").mkdir()
    async with house_on_slack(
        tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge", tocsin_erasers="u07eva"
    ) as night:
        await night.opened()
        await night.say("nadia", f"note {SECRET}")
        note = line_of(night, NoteAdded)
        await night.say("hugo", "rôle rssi")
        assert "confiée" in await night.say("hugo", f"effacer {note}")
        asked = await asks(night, "eva", str(note))
        await night.say("claire", "rôle rssi <@U04HUGO>")
        assert "déjà" in await night.say("claire", "rôle rssi <@U04HUGO>")
        await night.say("hugo", "rôle quitter rssi")
        await night.say("claire", "rôle rssi <@U04HUGO>")
        await night.shown("Effacement demandé")
        await confirms(night, "hugo", asked)
        assert night.crisis.erased == {note: line_of(night, LinesErased)}


async def test_a_closed_crisis_and_a_bot_that_was_away(tmp_path: Path) -> None:
    """Erased once closed; what Slack could not be told then is redrawn by the next process."""
    (tmp_path / "knowledge").mkdir()
    async with house_on_slack(tmp_path, tocsin_knowledge_dir=tmp_path / "knowledge") as night:
        await night.opened()
        await night.say("nadia", f"note {SECRET}")
        note = line_of(night, NoteAdded)
        await night.shown(SECRET)
        await night.say("claire", "clore exercice de la documentation")
        await night.shown("Crise close")
        asked = await asks(night, "diane", str(note))
        export = Ask(night.crisis.id, TOCSIN, RecordExport("lot", 9, "0" * 64, "1" * 64))
        await night.house.service.handle(export)
        shown = await confirms(night, "claire", asked)
        assert f"exports déjà faits (ligne {line_of(night, ExportMade)})" in shown
        assert "sauvegardes" in shown
        assert "/archives/" not in shown
        await night.double.wait(lambda _: SECRET not in on_screen(night))
        assert not night.crisis.is_open
        await wiped(night)
