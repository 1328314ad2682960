"""Export the journal to the channel: write the bundle, record it, hand it over."""

import asyncio
import logging
import tempfile
from pathlib import Path

from bot.core.crisis import TOCSIN, Actor, Crisis
from bot.core.evidence import RecordExport
from bot.core.french import typography
from bot.core.sealing import SealJournal
from bot.errors import OutsideService, Refused
from bot.exports.bundle import IN_BUNDLE, Again, Enclosed, bundle, read_certificates
from bot.exports.jsonl import BundleInfo
from bot.exports.summary import summary
from bot.service import Ask, Service
from bot.slack.gateway import Gateway

log = logging.getLogger(__name__)


class Exporter:
    """Make and post the export bundle of a crisis."""

    def __init__(
        self, service: Service, gateway: Gateway, certificates: Path | None = None
    ) -> None:
        """Read from the service, post through the gateway.

        ``certificates`` (PEM) are those of the stamping authority, for the bundle.
        """
        self._service = service
        self._gateway = gateway
        self._certificates = certificates

    async def export(self, crisis: Crisis, actor: Actor, delivery: str, to: str = "") -> str:
        """Seal the journal, record its export, post the bundle in the channel, return its name.

        ``to`` is a person who gets it by direct message instead.
        """
        name = f"main-courante-{crisis.id}.zip"
        await self._service.handle(Ask(crisis.id, TOCSIN, SealJournal("export")))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            info = await asyncio.to_thread(self._write, crisis, path)
            command = RecordExport("zip", info.entries, info.head, info.sha256)
            done = await self._service.handle(Ask(crisis.id, actor, command, delivery))
            if done.repeated:
                return name
            await self._hand_over(crisis, path, info, to)
        return name

    def _write(self, crisis: Crisis, path: Path) -> BundleInfo:
        """Write the bundle of a crisis, with its usual views, to a file."""
        entries = Again(lambda: self._service.entries(crisis.id))
        enclosed = Enclosed(IN_BUNDLE, read_certificates(self._certificates))
        with path.open("wb") as output:
            return bundle(entries, output, summary(crisis), enclosed)

    async def _hand_over(self, crisis: Crisis, path: Path, info: BundleInfo, to: str) -> None:
        """Put the bundle where it was asked for; ``Refused`` says how to get it otherwise."""
        name = path.name
        start = "EXERCICE — " if crisis.exercise else ""
        comment = typography(
            f"{start}Main courante {crisis.id} jusqu'à la ligne {info.entries}. "
            f"Empreinte SHA-256 : {info.sha256}. Vérification : « tocsin verify {name} »."
        )
        try:
            place = await self._private(to) if to else crisis.channel
            await self._gateway.upload(place, name, path, comment)
        except OutsideService as away:
            log.warning("export of %s not delivered: %s", crisis.id, away)
            raise Refused(
                "L'export est consigné, mais Slack n'a pas pris le fichier. Sur le serveur : "
                f"« tocsin export {crisis.id} --output {name} »."
            ) from away

    async def _private(self, person: str) -> str:
        """The direct message with this person: files need a channel's id."""
        opened = await self._gateway.call("conversations.open", users=person)
        return str((opened.get("channel") or {}).get("id") or person)
