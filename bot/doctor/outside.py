"""What is reached over a network: Slack, Chroma, the stamping authority, the mail, the model.

Each is asked the least that shows that it would serve: nothing is posted, sent or recorded.
"""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.doctor.finding import Finding, Look, note, right, wrong
from bot.doctor.patience import bounded
from bot.errors import OutsideService, SettingError

if TYPE_CHECKING:
    import aiohttp

    from bot.library.server_state import ServerState
    from bot.slack.gateway import Gateway

_MANIFEST: Final = Path(__file__).parents[2] / "slack-manifest.yaml"
_AWAY: Final = (
    "Vérifiez l'accès à Internet et le mandataire. En attendant : « tocsin act » sur ce serveur."
)
_BUILT: Final = "Le robot le construit au démarrage ; ou « tocsin index »."
_BY_WORDS: Final = (
    "Vérifiez CHROMA_URL et son serveur. En attendant, les réponses se font par mots."
)
_CODES: Final[Mapping[str, str]] = {
    "invalid_auth": "Reprenez le jeton sur la page de l'application Slack.",
    "not_authed": "Reprenez le jeton sur la page de l'application Slack.",
    "account_inactive": "L'application a été désinstallée : réinstallez-la.",
    "token_revoked": "Le jeton a été révoqué : réinstallez l'application.",
    "not_allowed_token_type": "Les deux jetons sont peut-être inversés.",
}


async def slack(look: Look) -> Sequence[Finding]:
    """Both tokens, the scopes of the first, and whether a socket would be opened."""
    import aiohttp

    try:
        look.settings.require_slack()
    except SettingError as missing:
        return [wrong("Slack", "réglages incomplets", missing.for_people())]
    async with aiohttp.ClientSession() as session:
        bot = _gateway(look, look.settings.slack_bot_token, session)
        try:
            who, scopes = await bot.granted(look.patience)
        except OutsideService as refused:
            return [_refused("Slack, jeton du robot", refused)]
        found = [right("Slack, jeton du robot", f"espace {who.get('team') or who.get('team_id')}")]
        found.append(_scopes(scopes))
        if look.settings.tocsin_mode == "socket":
            found.append(await _socket(look, session))
    return found


def _gateway(look: Look, token: str, session: "aiohttp.ClientSession") -> "Gateway":
    from slack_sdk.web.async_client import AsyncWebClient

    from bot.slack.gateway import Gateway, Tempo

    base = look.settings.slack_api_url.rstrip("/") + "/"
    client = AsyncWebClient(token=token, base_url=base, session=session, retry_handlers=[])
    return Gateway(client, Tempo(backoff=()))


def _scopes(granted: frozenset[str]) -> Finding:
    """The scopes of the manifest that were not granted."""
    missing = sorted(_asked_scopes() - granted)
    if not missing:
        return right("Slack, portées", "toutes accordées")
    todo = "Reprenez slack-manifest.yaml dans l'application, puis réinstallez-la."
    return wrong("Slack, portées", f"il manque {', '.join(missing)}", todo)


def _asked_scopes() -> frozenset[str]:
    """The scopes that the manifest asks for; none when it was not installed beside the code."""
    import yaml

    if not _MANIFEST.is_file():
        return frozenset()
    told: dict[str, Any] = yaml.safe_load(_MANIFEST.read_text(encoding="utf-8"))
    return frozenset(told["oauth_config"]["scopes"]["bot"])


async def _socket(look: Look, session: "aiohttp.ClientSession") -> Finding:
    """Whether Slack gives an address for a connection; none is opened."""
    title = "Slack, Socket Mode"
    token = look.settings.slack_app_token
    app = _gateway(look, token, session)
    try:
        await app.call("apps.connections.open", within=look.patience, app_token=token)
    except OutsideService as refused:
        return _refused(title, refused)
    return right(title, "une connexion serait ouverte")


def _refused(title: str, refused: OutsideService) -> Finding:
    from bot.slack.gateway import Rejected

    if isinstance(refused, Rejected):
        todo = _CODES.get(refused.error, "Vérifiez l'application sur api.slack.com/apps.")
        return wrong(title, f"Slack refuse ({refused.error})", todo)
    return wrong(title, "Slack ne répond pas d'ici", _AWAY)


async def chroma(look: Look) -> Sequence[Finding]:
    """Whether the Chroma server that is set answers, and whose index it holds."""
    url = look.settings.chroma_url
    if not url:
        return []  # the point on the index looks at the folder
    title = "Index, serveur Chroma"
    try:
        state = await bounded(lambda: _index_at(look, url), look.patience)
    except (OutsideService, TimeoutError):
        return [wrong(title, f"{url} ne répond pas", _BY_WORDS)]
    told, missing = _held(state, _embeddings(look))
    return [note(title, f"{told}, {missing}", _BUILT) if missing else right(title, told)]


def _held(state: "ServerState", model: str) -> tuple[str, str]:
    """What the server holds, and what is missing for it to serve."""
    told = f"version {state.version} répond"
    if state.version.split(".")[:2] != state.client.split(".")[:2]:
        told += f" (Tocsin parle la {state.client})"
    if not state.found:
        return told, "sans index de Tocsin"
    if not state.whole:
        return told, "index inachevé ou abîmé"
    told += f", {state.passages} passages, modèle {state.model}"
    if state.model != model:
        return told, f"au lieu de {model}"
    return told, "" if state.expected else "textes changés depuis"


def _index_at(look: Look, url: str) -> "ServerState":
    """Read the texts, then ask the server whether its index is theirs."""
    from bot.library import server_state
    from bot.library.passages import load_passages

    settings = look.settings
    corpus = load_passages(settings.tocsin_playbooks_dir, settings.tocsin_knowledge_dir)
    return server_state.look(url, _embeddings(look), corpus)


def _embeddings(look: Look) -> str:
    """The name that the settings give to the model of vectors; nothing of it is loaded."""
    from bot.library.models import embeddings_name

    return embeddings_name(look.settings.tocsin_embeddings)


async def authority(look: Look) -> Sequence[Finding]:
    """A real time stamp on a few bytes, checked as those of the journal are."""
    import aiohttp

    from bot.anchors.authority import stamp
    from bot.wiring.anchoring import authority_of

    asked = authority_of(look.settings)
    if asked is None:
        return [note("Horodatage", "aucune autorité réglée", "Facultatif : TOCSIN_TSA_URL.")]
    async with aiohttp.ClientSession() as session:
        await stamp(asked, session, b"tocsin doctor")
    return [right("Horodatage", f"jeton reçu de {asked.where} et vérifié")]


async def mail(look: Look) -> Sequence[Finding]:
    """Whether the mail server lets us in."""
    from bot.wiring import clock
    from bot.wiring.anchoring import mailer_of

    mailer, addresses = mailer_of(look.settings, clock)
    if mailer is None:
        return [note("Courriel", "aucune adresse réglée", "Facultatif : TOCSIN_ANCHOR_MAILS.")]
    await mailer.greet()
    return [right("Courriel", f"{mailer.server.host} nous accepte, {len(addresses)} adresses")]


async def model(look: Look) -> Sequence[Finding]:
    """Whether the language model that is set answers at all."""
    from bot.library.models import chat_model

    settings = look.settings
    made = await asyncio.to_thread(
        chat_model,
        settings.tocsin_model,
        settings.tocsin_model_url,
        settings.tocsin_model_key,
        look.patience,
    )
    if made is None:
        return [note("Modèle", "aucun réglé, les réponses sont les passages eux-mêmes")]
    from bot.library.outside import asked

    name = settings.tocsin_model
    await asyncio.to_thread(
        asked, f"Le modèle {name}", lambda: made.invoke("Répondez : oui."), look.patience
    )
    return [right("Modèle", f"{name} répond")]
