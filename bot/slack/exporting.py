"""Export the journal to the channel: write the bundle, record it, hand it over."""

import asyncio
import logging
import tempfile
from pathlib import Path

from bot.core.crisis import Actor, Crisis
from bot.core.evidence import RecordExport
from bot.core.french import typography
from bot.errors import OutsideService, Refused
from bot.exports.bundle import bundle
from bot.exports.jsonl import BundleInfo
from bot.exports.summary import summary
from bot.service import Ask, Service
from bot.slack.gateway import Gateway

log = logging.getLogger(__name__)


class Exporter:
    """Make and post the export bundle of a crisis."""

    def __init__(self, service: Service, gateway: Gateway) -> None:
        """Read from the service, post through the gateway."""
        self._service = service
        self._gateway = gateway

    async def export(self, crisis: Crisis, actor: Actor, delivery: str) -> str:
        """Record the export, post the bundle in the channel, return its file name."""
        name = f"main-courante-{crisis.id}.zip"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            info = await asyncio.to_thread(write_bundle, self._service, crisis, path)
            command = RecordExport("zip", info.entries, info.head, info.sha256)
            done = await self._service.handle(Ask(crisis.id, actor, command, delivery))
            if done.repeated:
                return name
            content = await asyncio.to_thread(path.read_bytes)
        start = "EXERCICE — " if crisis.exercise else ""
        comment = typography(
            f"{start}Main courante {crisis.id} jusqu'à la ligne {info.entries}. "
            f"Empreinte SHA-256 : {info.sha256}. Vérification : « tocsin verify {name} »."
        )
        try:
            await self._gateway.upload(crisis.channel, name, content, comment)
        except OutsideService as away:
            log.warning("export of %s not delivered: %s", crisis.id, away)
            raise Refused(
                "L'export est consigné, mais Slack n'a pas pris le fichier. Sur le serveur : "
                f"« tocsin export {crisis.id} --output {name} »."
            ) from away
        return name


def write_bundle(service: Service, crisis: Crisis, path: Path) -> BundleInfo:
    """Write the bundle of a crisis to a file."""
    with path.open("wb") as output:
        return bundle(service.entries(crisis.id), output, summary(crisis))
