"""The stations that the settings name, each setting held against the others.

A setting that contradicts another stops the start, with its name.  What may fail later (a file, a
server) does not: it waits, is shown as waiting, and the journal goes on.
"""

import logging
import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.config import Settings
from bot.errors import SettingError
from bot.journal.der import oid
from bot.wiring import House

if TYPE_CHECKING:
    import aiohttp

    from bot.anchors.authority import Authority
    from bot.anchors.mail import Mailer
    from bot.anchors.station import Station
    from bot.anchors.worker import Anchors

log = logging.getLogger(__name__)

_ADDRESS = re.compile(r"[^\s@<>,;:\"\\]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+", re.ASCII)


def anchors(
    house: House, session: "aiohttp.ClientSession", mine: Callable[[str], bool] = lambda _: True
) -> "Anchors":
    """The loop that puts the checkpoints of this house outside, over this HTTP session.

    ``mine`` says of a crisis whether this process is the one that looks after it.
    """
    from bot.anchors.worker import Anchors

    stations = [*_authority(house.settings, session), *_mailboxes(house)]
    return Anchors(house.service, stations, mine=mine)


def _authority(settings: Settings, session: "aiohttp.ClientSession") -> "list[Station]":
    """The station of the stamping authority, when there is one."""
    asked = authority_of(settings)
    return [asked.station(session)] if asked is not None else []


def authority_of(settings: Settings) -> "Authority | None":
    """The stamping authority that the settings name, if any; ``SettingError`` if half of it."""
    from bot.anchors.authority import Authority

    if not settings.tocsin_tsa_url:
        return None
    certificates = settings.tsa_certificates
    if certificates is None:
        raise SettingError(
            "TOCSIN_TSA_URL demande aussi TOCSIN_TSA_CERTIFICATE\u00a0: sans les certificats de "
            "l'autorité, ses jetons ne peuvent pas être vérifiés."
        )
    if settings.tocsin_tsa_policy:
        _require_policy(settings.tocsin_tsa_policy)
    _require_url("TOCSIN_TSA_URL", settings.tocsin_tsa_url)
    return Authority(settings.tocsin_tsa_url, certificates, settings.tocsin_tsa_policy)


def _mailboxes(house: House) -> "list[Station]":
    """The stations of the addresses outside, when there are some."""
    mailer, addresses = mailer_of(house.settings, house.service.now)
    if mailer is None:
        return []
    _warn_of_insiders(addresses, mailer.sender)
    return [mailer.station(one) for one in dict.fromkeys(addresses)]


def mailer_of(settings: Settings, now: Callable[[], datetime]) -> "tuple[Mailer | None, list[str]]":
    """Who sends mail and to whom, as the settings say; ``now`` (UTC) dates the messages."""
    from bot.anchors.mail import Mailer, read_server

    addresses = [one for one in re.split(r"[\s,;]+", settings.tocsin_anchor_mails) if one]
    for one in addresses:
        _require_address("TOCSIN_ANCHOR_MAILS", one)
    if not addresses:
        return None, []
    if not settings.tocsin_smtp_url:
        raise SettingError(
            "TOCSIN_ANCHOR_MAILS demande aussi TOCSIN_SMTP_URL\u00a0: le serveur qui envoie."
        )
    try:
        server = read_server(settings.tocsin_smtp_url)
    except ValueError as error:
        raise SettingError(f"Réglage TOCSIN_SMTP_URL incorrect\u00a0: {error}.") from error
    sender = settings.tocsin_anchor_sender or server.user
    if not sender:
        raise SettingError("TOCSIN_ANCHOR_MAILS demande aussi TOCSIN_ANCHOR_SENDER.")
    _require_address("TOCSIN_ANCHOR_SENDER", sender)
    return Mailer(server, sender, now), addresses


def _require_url(name: str, url: str) -> None:
    try:
        good = urlsplit(url).hostname and urlsplit(url).port != 0
    except ValueError:
        good = False
    if not good:
        raise SettingError(f"Réglage {name} incorrect\u00a0: l'adresse est mal écrite.")


def _require_policy(dotted: str) -> None:
    try:
        oid(dotted)
    except ValueError as error:
        raise SettingError(
            f"Réglage TOCSIN_TSA_POLICY incorrect\u00a0: {dotted} n'est pas un numéro de politique."
        ) from error


def _require_address(name: str, text: str) -> None:
    if not _ADDRESS.fullmatch(text):
        raise SettingError(
            f"Réglage {name} incorrect\u00a0: «\u00a0{text[:80]}\u00a0» n'est pas une adresse de "
            "courriel."
        )


def _warn_of_insiders(addresses: list[str], sender: str) -> None:
    """Say of a mailbox that it is in the domain that may be what is attacked."""
    domain = sender.rpartition("@")[2].lower()
    for one in addresses:
        if one.rpartition("@")[2].lower() == domain:
            log.warning("%s is in the sender's own domain: an anchor belongs outside", one)
